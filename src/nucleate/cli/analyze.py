"""`nucleate analyze`: anybody's model, on one's own prompts."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nucleate import api
from nucleate.api.watching.progress import RunProgress
from nucleate.cli.options import Flag, Overrides, Text, command_line
from nucleate.cli.sweep_progress import in_words
from nucleate.cli.verdicts import print_verdicts
from nucleate.errors import ConfigError
from nucleate.lazy import lazy

if TYPE_CHECKING:
    from nucleate.stages.planning.analysis_cost import AnalysisCost

disk_use = lazy("nucleate.stages.planning.disk_use")  # torch


def analyze(
    model: str,
    /,
    *,
    prompts: Path | None = None,
    revisions: Text = "",
    out: Path | None = None,
    audit: Flag = False,
    dry_run: Flag = False,
    tensors: Flag = False,
    step_regex: Text = "",
    on: Literal["local", "ray"] = "local",
    set_: Overrides = (),
) -> int:
    """Analyze any Hugging Face causal language model on your own labeled prompts.

    Running it again on the same folder resumes where it stopped. The prompts are JSONL or CSV: `prompt`,
    or `instruction` and `input`; `answer`, `split` and `id` are optional; every other field is a factor.
    Steps are read from names such as step500, checkpoint-500, iter_500, step-50K and epoch=1-step=500.

    Example: nucleate analyze gpt2 --prompts prompts.jsonl --out runs/gpt2

    Args:
        model: A folder (of one model or of checkpoints), a GGUF file, or a name on the Hub.
        prompts: A file of labeled prompts; or everyday or facts, which ship with nucleate.
        revisions: A series over steps: revisions on the Hub, separated by commas, or a folder.
        out: The folder of the analysis; runs/MODEL if not given.
        audit: Only print which checkpoints have the same weights or files; downloads no weights.
        dry_run: Only print what would be downloaded, kept and computed; downloads no weights.
        tensors: With --audit, compare single tensors too; downloads checkpoints one by one.
        step_regex: Finds the step in a checkpoint's name, as its first group, if the form is unknown.
        on: This machine, or a Ray cluster whose nodes all see the folder: one task for every checkpoint.
        set_: Change a setting: scoring.n_examples=500. May be given many times.
    """
    asked = [name.strip() for name in revisions.split(",") if name.strip()]
    if step_regex:
        set_ = (*set_, f"model.step_regex={json.dumps(step_regex)}")
    if audit:
        return _audit(model, asked, set_, tensors)
    if prompts is None:
        raise ConfigError("no prompts are given", "Give --prompts FILE, or --audit for the table alone.")
    if dry_run:
        return _print_cost(api.analysis_cost(model, prompts, revisions=asked, overrides=set_, on=on))
    return _analyze(model, prompts, asked, out, set_, on)


def _analyze(
    model: str,
    prompts: Path,
    revisions: list[str],
    out: Path | None,
    overrides: tuple[str, ...],
    on: Literal["local", "ray"],
) -> int:
    with RunProgress("last", 0) as progress:
        done = api.analyze(
            model,
            prompts,
            out,
            revisions=revisions,
            overrides=overrides,
            on=on,
            observer=progress,
            command=command_line(),
        )
    if any(row["same_as"] or row.get("shared") for row in done.folder.manifest["audit"]):
        _print_audit(done.folder.manifest["audit"])
    print_verdicts(done.verdicts, done.claim_settings.position)
    console = Console(emoji=False, highlight=False, soft_wrap=True)
    console.print(f"\n  The page: {done.folder.report}", markup=False)
    console.print(f"  The scores: {done.folder.scores}", markup=False)
    return 0


def _print_cost(cost: AnalysisCost) -> int:
    _print_audit([asdict(row) for row in cost.checkpoints])
    console = Console(emoji=False, highlight=False, soft_wrap=True)
    downloads, at_once, kept, at_work = map(
        disk_use.in_bytes, (cost.downloads, cost.at_once, cost.disk.kept, cost.disk.at_work)
    )
    speed = f"{in_words(cost.seconds)} at the {cost.flops_per_second / 1e9:.0f} GFLOP/s of this machine"
    for line in (
        f"{cost.n_prompts:,} prompts of {cost.n_tokens:,} tokens; {cost.n_weights:,} weights",
        f"{len(cost.checkpoints)} checkpoints, {downloads} to download, of them {at_once} at most at a time",
        f"the folder: {kept} in the end, {at_work} at most while at work",
        f"forward passes of a checkpoint: {cost.flops / 1e12:.3g} TFLOP, no less than {speed}; loading and "
        "scoring it come on top",
    ):
        console.print(f"  {line}", markup=False)
    return 0


def _audit(model: str, revisions: list[str], overrides: tuple[str, ...], tensors: bool) -> int:
    found, shared = api.audit(model, revisions=revisions, overrides=overrides, tensors=tensors)
    _print_audit([asdict(row) for row in found.rows])
    console = Console(emoji=False, highlight=False, soft_wrap=True)
    if found.note:
        console.print(f"\n  Steps: {found.note}", markup=False)
    for one in shared:
        which = f"{one.tensors[0]} and {len(one.tensors) - 1} more" if one.tensors[1:] else one.tensors[0]
        console.print(
            f"  {one.revision}: {len(one.tensors)} of {one.n_tensors} tensors are those of {one.of}: {which}",
            markup=False,
        )
    return 0


def _print_audit(rows: list[dict[str, Any]]) -> None:
    """Every checkpoint, and which other one it equals, as a whole or in single files."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, side in (("step", "right"), ("revision", "left"), ("MB", "right"), ("weights", "left")):
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=True)
    table.add_column("the same as", no_wrap=True)
    for row in rows:
        size, digest, same_as = f"{int(str(row['size'])) / 1e6:,.1f}", str(row["digest"])[:12], row["same_as"]
        table.add_row(
            str(row["step"]), str(row["revision"]), size, digest, f"[red]{same_as}[/]" if same_as else ""
        )
    console = Console(emoji=False, highlight=False, soft_wrap=True)
    console.print(table)
    for row in rows:
        for file, of in row.get("shared", {}).items():
            console.print(f"  [red]{escape(row['revision'])}: {escape(file)} is that of {escape(of)}[/]")
    n_same = sum(bool(row["same_as"]) for row in rows)
    if n_same:
        console.print(
            f"\n  {n_same} of {len(rows)} have the weights of another one and are left out "
            "(--set model.keep_identical=true looks at them too)."
        )
