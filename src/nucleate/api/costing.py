"""What an analysis will cost, before any of it is done."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from nucleate.api.settings import Overrides, asked_of_ray

if TYPE_CHECKING:
    from nucleate.stages.planning.analysis_cost import AnalysisCost


def analysis_cost(
    model: str | Path,
    prompts: Any,
    *,
    revisions: Iterable[str] = (),
    overrides: Overrides = (),
    on: Literal["local", "ray"] = "local",
) -> AnalysisCost:
    """What `analyze` would download, keep and compute; no weights are fetched, and nothing is written.

    Args:
        model: a folder, or a name on the Hub.
        prompts: as for `analyze`.
        revisions: as for `analyze`.
        overrides: as for `analyze`.
        on: as for `analyze`; no cluster is asked for anything.

    Raises:
        NucleateError: whatever `analyze` would refuse.
    """
    from nucleate.corpus.prompts.given_prompts import prompts_file
    from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
    from nucleate.experiment import series_values
    from nucleate.models.series.series import find_series
    from nucleate.settings.tables import assignments
    from nucleate.stages.planning.analysis_cost import cost_of
    from nucleate.stages.planning.analysis_settings import resolve_analysis
    from nucleate.stages.planning.checks import require_measurable

    _, others = asked_of_ray(on, assignments(overrides))
    with TemporaryDirectory() as place:
        file = prompts_file(prompts, Path(place) / "out")
        asked = series_values(str(model), revisions)
        settings, read = resolve_analysis(asked, {"file": str(file)}, others)
        series = find_series(settings.model, Path(place) / "downloads")
        corpus = PromptCorpus.build(read, series.tokenizer(), settings.prompts.task or None)
        require_measurable(settings, corpus)
        return cost_of(settings, corpus, series)
