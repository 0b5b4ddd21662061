"""`nucleate analyze`: anybody's model, on one's own prompts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nucleate.cli.run import Overrides
from nucleate.errors import ConfigError


def analyze(
    model: str,
    /,
    *,
    prompts: Path | None = None,
    revisions: str = "",
    out: Path | None = None,
    audit: bool = False,
    tensors: bool = False,
    step_regex: str = "",
    set_: Overrides = (),
) -> int:
    """Capture and score any Hugging Face causal language model on labelled prompts.

    A second call on the same folder goes on where the first stopped.

    Args:
        model: A folder (of one model, or of checkpoints), a GGUF file, or a name on the Hub (HF_ENDPOINT is
            respected).
        prompts: JSONL or CSV: `prompt`, or `instruction` and `input`; `answer`, `split` and `id` where
            wanted; every other field is a factor.
        revisions: A series over steps: revisions of the Hub, separated by commas, or a folder of checkpoints.
        out: The folder of the analysis; runs/MODEL if not given.
        audit: Print which checkpoints have the same weights or files, and do nothing else; no weights are
            downloaded.
        tensors: With --audit, compare single tensors too; the Hub's checkpoints are downloaded one by one.
        step_regex: What finds the step in a checkpoint's name, as its first group, where it is none of the
            known forms (step500, checkpoint-500, iter_500, step-50K, epoch=1-step=500).
        set_: Change a setting: scoring.n_examples=500. May be given many times.
    """
    asked = [name.strip() for name in revisions.split(",") if name.strip()]
    if step_regex:
        set_ = (*set_, f"model.step_regex={json.dumps(step_regex)}")
    if audit:
        return _audit(model, asked, set_, tensors)
    if prompts is None:
        raise ConfigError("no prompts are given", "Give --prompts FILE, or --audit for the table alone.")
    return _analyze(model, prompts, asked, out or Path("runs") / Path(model).stem, set_)


def _analyze(model: str, prompts: Path, revisions: list[str], out: Path, overrides: tuple[str, ...]) -> int:
    from nucleate import api  # noqa: PLC0415 - pandas; --help needs none
    from nucleate.cli.progress import RunProgress  # noqa: PLC0415
    from nucleate.cli.verdicts import print_verdicts  # noqa: PLC0415

    with RunProgress("last", 0) as progress:
        done = api.analyze(
            model,
            prompts,
            out,
            revisions=revisions,
            overrides=overrides,
            observer=progress,
            command=["nucleate", *sys.argv[1:]],
        )
    if any(row["same_as"] or row.get("shared") for row in done.folder.manifest["audit"]):
        _print_audit(done.folder.manifest["audit"])
    print_verdicts(done.claims, done.settings.claims.position)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"\n  The page: {done.folder.report}")
    console.print(f"  The scores: {done.folder.scores}")
    return 0


def _audit(model: str, revisions: list[str], overrides: tuple[str, ...], tensors: bool) -> int:
    from dataclasses import asdict  # noqa: PLC0415

    from nucleate.experiment import series_values  # noqa: PLC0415
    from nucleate.models.series.series import audit_of, shared_tensors_of  # noqa: PLC0415
    from nucleate.models.series.settings import SeriesSettings  # noqa: PLC0415
    from nucleate.settings.config import override  # noqa: PLC0415

    values = override({"model": series_values(model, revisions)}, overrides)["model"]
    settings = SeriesSettings.from_mapping(values, "the command line")
    found = audit_of(settings)
    _print_audit([asdict(row) for row in found.rows])
    console = Console(highlight=False, soft_wrap=True)
    if found.note:
        console.print(f"\n  Steps: {found.note}", markup=False)
    for one in shared_tensors_of(settings) if tensors else ():
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
    console = Console(highlight=False, soft_wrap=True)
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
