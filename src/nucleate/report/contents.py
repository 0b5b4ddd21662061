"""What a page is made of: everything that it needs of a run's folder, read and proven whole.

This module hides which parts a run must have and which it may lack. Scores it must have. A run without
projections has a page without the Clusters view, prompts of the user's own have no grammars, a model that
was only looked at has no claims; nothing is computed to fill a gap, and no tokenizer is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nucleate.claims.evidence import Evidence
from nucleate.claims.settings import ClaimSettings
from nucleate.claims.verdicts import ClaimVerdict, read_claims
from nucleate.foreign_files import read_parquet
from nucleate.pictures.points_table import Projections
from nucleate.report.analyses import analysis_rows
from nucleate.report.readings import Reading, readings_of
from nucleate.run_folder.folder import RunFolder
from nucleate.run_folder.manifest import digest_of
from nucleate.scores import Scores
from nucleate.settings.tables import read_toml
from nucleate.view import View

ABOUT_TRAINING = ("emergence", "depth", "baseline", "generalisation", "realistic")
"""Claims that compare a model with itself at earlier steps."""


@dataclass(frozen=True)
class Instances:
    """What the page shows of a corpus, whatever it was made from.

    Attributes:
        table: one row per instance, as it lies in the folder.
        tasks: function and dialects of every task; empty where there is no grammar.
        input_alone: what an input gives away without its instruction; empty where that is not known.
    """

    table: pa.Table
    tasks: tuple[Mapping[str, Any], ...] = ()
    input_alone: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RunContents:
    """A run as the page sees it.

    Attributes:
        name: the folder's own, made unique where several runs are shown.
        config: every setting, as in `config.toml`.
        manifest: as it was when the report was begun.
        scores: with the rows of the further analyses below them.
        readings: what interventions on single tokens say; empty where there were none.
        training: one mapping per line of the training log; empty where nothing was trained, or it is damaged.
        arms: the table of control arms, None where there are none; see `nucleate.arms.COLUMNS`.
        selective: risk and coverage on unseen instances; see `nucleate.unseen.selective.COLUMNS`.
        is_one_model: whether a single checkpoint was looked at; its untrained twin is then a control alone.
    """

    name: str
    config: Mapping[str, Any]
    manifest: Mapping[str, Any]
    scores: pd.DataFrame
    claims: tuple[ClaimVerdict, ...]
    readings: tuple[Reading, ...]
    training: tuple[Mapping[str, Any], ...]
    corpus: Instances | None
    projections: Projections | None
    arms: pd.DataFrame | None = None
    selective: pd.DataFrame | None = None

    is_one_model: bool = False

    @property
    def model_name(self) -> str:
        """As it stands in the scores."""
        return ", ".join(sorted(set(self.scores["model"].dropna()) - {""}))

    @property
    def seed(self) -> int:
        return int(self.config.get("seed", 0))

    @property
    def claimed(self) -> ClaimSettings:
        """Where the run judges its claims."""
        return _claimed(self.config)

    @cached_property
    def view(self) -> View:
        """What the claims are judged on: agreement across dialects where that was scored."""
        view, rows = self.claimed.view, self.scores
        across = replace(view, metric="ari_across")
        there = rows[(rows["metric"] == across.metric) & (rows["method"] == view.method)]
        there = there[(there["factor"] == view.factor) & (there["control"] == "none")]
        return across if len(there) else view

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Dotted keys to values, the seed left out."""
        return {key: value for key, value in _dotted(self.config) if key != "seed"}

    @property
    def group(self) -> str:
        """The same for runs that differ in their seed alone."""
        return digest_of(self.settings)


def read_run(folder: RunFolder, name: str | None = None) -> RunContents:
    """Raises RunFolderError where the run has no scores, or a file is not as it was written."""
    folder.read_config()
    folder.require("scoring")
    has_claims, has_corpus = ("claims" in folder.manifest["stages"], "corpus" in folder.manifest["stages"])
    if has_claims:
        folder.require("claims")
    if has_corpus:
        folder.require("corpus")
    config = read_toml(folder.config_toml)
    contents = RunContents(
        name=name or folder.path.resolve().name,
        config=config,
        manifest=folder.manifest,
        scores=pd.concat(
            [Scores.read(folder.scores).to_pandas(), *analysis_rows(folder)], join="inner", ignore_index=True
        ),
        claims=tuple(read_claims(folder.claims)) if has_claims else (),
        readings=readings_of(Evidence.read(folder, _claimed(config))),
        training=_read_log(folder),
        corpus=_read_instances(folder) if has_corpus else None,
        projections=Projections.read(folder.projections) if folder.holds(folder.projections) else None,
        arms=pd.read_parquet(folder.arms) if folder.holds(folder.arms) else None,
        selective=pd.read_parquet(folder.selective) if folder.holds(folder.selective) else None,
    )
    return alone(contents) if looked_at_once(contents) else contents


def looked_at_once(run: RunContents) -> bool:
    """Whether this is an analysis of one model: of no series, and of no training, ours or a watched one.

    Step 0 is a control where it is the untrained twin of that model, and a checkpoint of its own elsewhere.
    """
    model = run.config.get("model", {})
    is_single = isinstance(model, Mapping) and not model.get("folder") and len(model.get("revisions", ())) < 2
    steps = run.scores["step"]
    has_twin = isinstance(model, Mapping) and model.get("untrained", True)
    return "prompts" in run.config and is_single and steps[(steps > 0) | (not has_twin)].nunique() <= 1


def alone(run: RunContents) -> RunContents:
    """One model without its twin at step 0, which stays in the controls, and without claims of training."""
    scores, points = run.scores, run.projections
    last = int(scores["step"].max())
    if points is not None and len(points.steps) > 1:
        kept, answers = points.steps.index(last), points.examples["predicted"].to_pylist()
        place = points.examples.column_names.index("predicted")
        own = pa.array([[row[kept]] for row in answers], pa.list_(pa.string()))
        points = Projections(
            points.examples.set_column(place, "predicted", own),
            points.frames.filter(pc.field("step") == last),
            points.neighbors.filter(pc.field("step") == last),
        )
    return replace(
        run,
        scores=scores[scores["step"] == last].reset_index(drop=True),
        claims=tuple(one for one in run.claims if one.claim not in ABOUT_TRAINING),
        projections=points,
        is_one_model=True,
    )


def _claimed(config: Mapping[str, Any]) -> ClaimSettings:
    return ClaimSettings.from_mapping(config.get("claims", {}), "config.toml")


def _read_instances(folder: RunFolder) -> Instances:
    table = read_parquet(folder.instances)
    if not folder.holds(folder.tasks):
        return Instances(table)
    document = json.loads(folder.tasks.read_text(encoding="utf-8"))
    return Instances(table, tuple(document.get("tasks", ())), document.get("input_alone", {}))


def _read_log(folder: RunFolder) -> tuple[Mapping[str, Any], ...]:
    """Of a damaged one nothing is read."""
    if folder.problem_of_log() or not folder.holds(folder.training_log):
        return ()
    return tuple(json.loads(line) for line in folder.training_log.read_text(encoding="utf-8").splitlines())


def _dotted(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in values.items():
        inner = isinstance(value, Mapping)
        pairs += _dotted(value, f"{prefix}{key}.") if inner else [(prefix + key, value)]
    return pairs
