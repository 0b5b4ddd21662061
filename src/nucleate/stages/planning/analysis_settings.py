"""Settings of an analysis that fit the user's prompts: what these tell is measured, in all their splits."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nucleate.corpus.prompts.files.label_spelling import merged
from nucleate.corpus.prompts.files.prompt_files import Prompt, read_prompts
from nucleate.corpus.prompts.prompt_corpus import factors_of, task_of, words_of
from nucleate.errors import ConfigError
from nucleate.settings.presets import AnalysisSettings
from nucleate.settings.tables import override
from nucleate.stages.planning.prompt_sample import MOST_LABELS, require_partition, sample_sizes


def resolve_analysis(
    model: Mapping[str, Any], prompts: Mapping[str, Any], overrides: Iterable[str] = ()
) -> tuple[AnalysisSettings, list[Prompt]]:
    """Settings that fit the prompts, and the prompts.

    Args:
        model: values of `SeriesSettings`.
        prompts: values of `PromptSettings`; `sha256` is found here.
        overrides: `key=value`, over everything.

    Raises:
        CorpusError: the file is not one of prompts; ConfigError: an override is wrong.
    """
    asked = override({"model": model, "prompts": prompts}, overrides)["prompts"]
    if not isinstance(asked, Mapping) or not all(
        isinstance(asked.get(one, ""), str) for one in ("file", "task")
    ):
        raise ConfigError(
            "prompts.file and prompts.task are texts", "Write for instance: --set prompts.task=kind"
        )
    file = Path(asked["file"])
    read = read_prompts(file, **{name: asked[name] for name in ("template", "delimiter") if name in asked})
    if asked.get("merge_labels"):
        read = merged(read)
    fitting = _fitting(read, asked.get("task") or None)
    found = {"prompts": {**prompts, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}, "model": model}
    values = override({**fitting, **found}, overrides)
    return AnalysisSettings.from_mapping(values, "the analysis"), read


def _fitting(prompts: Sequence[Prompt], task: str | None) -> dict[str, Any]:
    """Settings of the stages, as the prompts allow: every position and factor that they tell."""
    of_instruction = ["last_instruction", "instruction_mean"] if prompts[0].instruction else []
    positions = ["last", *of_instruction, *(["input"] if prompts[0].input else [])]
    claimed = task_of(prompts, task)
    require_partition(prompts, claimed)
    factors = [name for name in factors_of(prompts) if name == claimed or _is_told(prompts, name, claimed)]
    splits = sorted({prompt.split for prompt in prompts}, key=lambda split: (split != "train", split))
    return {
        "scoring": {
            "positions": positions,
            "factors": factors,
            "splits": splits,
            "instances_per_instruction": len(prompts),
            **sample_sizes(prompts, claimed),
            "preparations": ["raw", "standardise"],
            "settled": [claimed],
            "tsne_positions": ["last"],
        },
        "unseen": {"positions": positions},
        "intervene": {"in_run": False},
        "claims": {"position": "last", "factor": claimed},
    }


def _is_told(prompts: Sequence[Prompt], factor: str, task: str) -> bool:
    """Whether in some split a factor has two labels, one of them twice.

    Instructions are told apart only where they have several instances, so those alone count for them; and
    memory grows with labels, so a factor with very many is left to those who ask for it.
    """
    if len(set(words_of(prompts, factor, task))) > MOST_LABELS:
        return False
    by_split: dict[str, Counter[str]] = {}
    for prompt, label in zip(prompts, words_of(prompts, factor, task), strict=True):
        by_split.setdefault(prompt.split, Counter())[label] += 1
    least = 2 if factor == "instruction" else 1
    sizes = [[size for size in counts.values() if size >= least] for counts in by_split.values()]
    return any(1 < len(own) < sum(own) for own in sizes)
