"""How much of somebody's prompts is scored, and what is to be said of them.

This module hides that an experiment's sample sizes are none for a file of one's own. All labels and all
prompts are taken as long as they fit time and memory, both of which grow with examples times labels; what
does not fit is left out aloud.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from nucleate.corpus.prompts.files.label_spelling import odd_labels, odd_splits
from nucleate.corpus.prompts.files.prompt_files import Prompt
from nucleate.corpus.prompts.files.prompt_lines import how_read
from nucleate.corpus.prompts.prompt_corpus import factors_of, words_of
from nucleate.errors import CorpusError
from nucleate.settings.presets import AnalysisSettings

MOST_EXAMPLES, MOST_LABELS = 20_000, 500
"""Examples of a split that are scored, and labels of a factor that nobody named."""
_MOST_CELLS = 2_000_000
"""Examples times labels of the task: minutes, and a gigabyte or two."""


def require_partition(prompts: Sequence[Prompt], task: str) -> None:
    """Clusters are compared with at least two labels, one of which is there twice.

    Raises:
        CorpusError: the prompts have none such.
    """
    words = words_of(prompts, task, task)
    n_labels = len(set(words))
    if n_labels == 1:
        what, mend = f"every prompt has the label {words[0]!r} of {task}", "Add prompts with another label."
    elif n_labels == len(words):
        what, mend = f"every prompt has a label of {task} of its own", "Give a label two prompts or more."
    else:
        return
    raise CorpusError(
        f"{what} ({len(words)} prompts): clusters are compared with two labels or more, one "
        "of them there twice",
        f"{mend} Another field is the task with --set prompts.task=FIELD.",
    )


def sample_sizes(prompts: Sequence[Prompt], task: str) -> dict[str, int]:
    """All labels and all examples of each split, or as many as fit time and memory, labels whole."""
    n_labels, n_examples = _there(prompts, task)
    n_examples = min(n_examples, MOST_EXAMPLES)
    if n_labels * n_examples > _MOST_CELLS:
        per_label = n_examples / n_labels
        n_labels = int((_MOST_CELLS / per_label) ** 0.5)
        n_examples = round(n_labels * per_label)
    return {"n_tasks": max(n_labels, 2), "n_examples": max(n_examples, 2)}


def _there(prompts: Sequence[Prompt], task: str) -> tuple[int, int]:
    """Labels of the task, and prompts of the largest split."""
    return len(set(words_of(prompts, task, task))), max(Counter(prompt.split for prompt in prompts).values())


def notes_on(settings: AnalysisSettings, prompts: Sequence[Prompt]) -> list[str]:
    """What is to be said of the prompts: how they were read, what is left out, which labels look alike."""
    scoring, task = settings.scoring, settings.claims.factor
    n_labels, n_examples = _there(prompts, task)
    splits = odd_splits(prompt.split for prompt in prompts)
    notes = [*how_read(Path(settings.prompts.file)), *odd_labels(prompts), *splits]
    if scoring.n_tasks < n_labels or scoring.n_examples < n_examples:
        notes.append(
            f"{min(scoring.n_examples, n_examples):,} of {n_examples:,} prompts and "
            f"{min(scoring.n_tasks, n_labels):,} of {n_labels:,} labels of {task} are scored; "
            "scoring.n_examples and scoring.n_tasks take more"
        )
    n_split = _of_several_tasks(prompts, task)
    if n_split:
        notes.append(
            f"{n_split:,} instruction{'s have' if n_split > 1 else ' has'} prompts of more than one {task}: "
            "intervals and folds take each prompt by itself, not the prompts of one instruction together"
        )
    many = {name: len(set(words_of(prompts, name, task))) for name in factors_of(prompts) if name != task}
    left_out = [
        f"{name} ({n:,} labels)"
        for name, n in many.items()
        if n > MOST_LABELS and name not in scoring.factors
    ]
    if left_out:
        notes.append(
            f"not compared with: {', '.join(left_out)}; name them in scoring.factors to have them too"
        )
    return notes


def _of_several_tasks(prompts: Sequence[Prompt], task: str) -> int:
    """Instructions with several tasks in one split: there no prompts are resampled together."""
    is_told = "instruction" in factors_of(prompts)
    told = words_of(prompts, "instruction", task) if is_told else [prompt.text for prompt in prompts]
    tasks = words_of(prompts, task, task)
    pairs = {(one.split, of, its) for one, of, its in zip(prompts, told, tasks, strict=True)}
    several = (of for (_, of), n in Counter((split, of) for split, of, _ in pairs).items() if n > 1)
    return len(set(several))
