"""How to cite a run: what it is, what made it, and the digest by which it is known again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nucleate.report.contents import RunContents
from nucleate.report.data.encoding import visible
from nucleate.run_folder.manifest import digest_of

_PAPERS = (
    "@misc{wu2024clustering, author = {Wu, Xinbo and Varshney, Lav R.}, year = {2024},\n"
    "  title = {Transformer-based Causal Language Models Perform Clustering}, eprint = {2402.12151},\n"
    "  archivePrefix = {arXiv}}"
)


@dataclass(frozen=True)
class Citation:
    """A sentence for a text, and entries for a bibliography."""

    sentence: str
    bibtex: str


def citation(runs: Sequence[RunContents]) -> Citation:
    """Of one run or several. The digest is that of their settings and scores: other scores, another one."""
    version = str(runs[0].manifest.get("versions", {}).get("nucleate", ""))
    names = visible(", ".join(run.name for run in runs))
    digest = digest_of([_scores_digest(run) for run in runs])[:12]
    seeds = ", ".join(str(seed) for seed in sorted({run.seed for run in runs}))
    plural = "s" if len(runs) > 1 else ""
    what = f"run{plural} {names}, seed {seeds}, digest {digest}"
    key = re.sub(r"\W+", "-", names).strip("-")[:40] or "run"
    title = f"nucleate{f' {version}' if version else ''}"
    return Citation(
        f"Made with {title} ({what}).",
        f"@software{{nucleate, author = {{{{The nucleate developers}}}}, title = {{nucleate}},\n"
        f"  version = {{{visible(version)}}}, note = {{{_tex(what)}}}}}\n"
        f"% cited as \\cite{{nucleate}} for {key}; the experiment is that of:\n{_PAPERS}",
    )


def _scores_digest(run: RunContents) -> list[object]:
    outputs = run.manifest.get("stages", {}).get("scoring", {}).get("outputs", {})
    return [run.settings, run.seed, {name: outputs[name] for name in sorted(outputs)}]


def _tex(text: str) -> str:
    """Characters that TeX would take for its own, escaped."""
    return re.sub(r"([#$%&_{}])", r"\\\1", text.replace("\\", "/"))
