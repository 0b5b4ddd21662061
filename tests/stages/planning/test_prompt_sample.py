import pytest

from nucleate.corpus.prompts.files.prompt_files import Prompt
from nucleate.errors import CorpusError
from nucleate.stages.planning.analysis_settings import resolve_analysis
from nucleate.stages.planning.prompt_sample import notes_on, require_partition, sample_sizes


def prompts(n, n_labels, split="train", **more):
    labels = [{"task": f"t{i % n_labels}", **{name: of(i) for name, of in more.items()}} for i in range(n)]
    return [Prompt(str(i), f"p {i}", None, None, None, split, labels[i]) for i in range(n)]


@pytest.mark.parametrize(
    ("n", "n_labels", "sizes"),
    [(500, 50, (50, 500)), (20_000, 100, (100, 20_000)), (20_000, 10_000, (1000, 2000)), (50_000, 10, (10, 20_000)), (6, 1, (2, 6))],
)  # fmt: skip
def test_all_labels_and_prompts_are_scored_as_long_as_they_fit(n, n_labels, sizes):
    assert tuple(sample_sizes(prompts(n, n_labels), "task").values()) == sizes


@pytest.mark.parametrize(
    ("n", "n_labels", "what"), [(12, 1, "every prompt has the label 't0' of task"), (12, 12, "a label of task of its own"), (1, 1, "the label 't0'")]
)  # fmt: skip
def test_prompts_without_a_partition_are_refused_in_their_own_words(n, n_labels, what):
    require_partition(prompts(12, 3), "task")
    with pytest.raises(CorpusError, match=what) as caught:
        require_partition(prompts(n, n_labels), "task")
    assert "prompts.task=FIELD" in caught.value.mend


def test_what_is_left_out_is_said(tmp_path):
    path = tmp_path / "p.csv"
    rows = [f"a {i},t{i % 3},{i}" for i in range(600)] + ["b,t0 ,x", "c,nan,y", "d,nan,y"]
    path.write_text("Prompt,task,own\n" + "\n".join(rows) + "\n")
    settings, read = resolve_analysis({"name": "m"}, {"file": str(path)}, ["scoring.n_tasks=2"])
    assert settings.scoring.factors == ("task",)
    said = "\n".join(notes_on(settings, read))
    for line in (
        "'Prompt' as prompt", "603 of 603 prompts and 2 of 5 labels of task", "own (602 labels)",
        "'t0' and 't0 '", "2 prompts have 'nan' for their task",
    ):  # fmt: skip
        assert line in said, line
    settings, read = resolve_analysis({"name": "m"}, {"file": str(path)}, ["prompts.merge_labels=true"])
    assert {prompt.labels["task"] for prompt in read} == {"t0", "t1", "t2", "nan"}


def test_it_is_said_where_instructions_do_not_tell_the_task(tmp_path):
    """One instruction of three is given for two tasks, in one split; across splits that does not count."""
    path = tmp_path / "p.csv"
    lines = ["say,1,a,train", "say,2,b,train", "tell,1,a,train", "tell,2,b,validation", "ask,1,a,train"]
    path.write_text("instruction,input,task,split\n" + "\n".join(lines) + "\n")
    settings, read = resolve_analysis({"name": "m"}, {"file": str(path)}, [])
    assert settings.scoring.settled == (settings.claims.factor,)
    (note,) = (one for one in notes_on(settings, read) if "instruction" in one and "interval" in one)
    assert note.startswith("1 instruction has prompts of more than one task")
    of_one = [one for one in read if one.text != "say 2"]
    assert not any("interval" in one for one in notes_on(settings, of_one))
