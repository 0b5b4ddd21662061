from hypothesis import given
from hypothesis import strategies as st

from nucleate.models.series.audit import Weights, audit, steps_of


def weights(*contents):
    return Weights({f"model-{i}.safetensors": content for i, content in enumerate(contents)}, 10)


def test_repeated_weights_are_flagged_with_the_first_that_has_them():
    rows = audit(
        {"step0": weights("a"), "step9": weights("b"), "step5": weights("a"), "step7": weights("a", "b")}
    )
    assert [(row.revision, row.step, row.same_as) for row in rows] == [
        ("step0", 0, ""), ("step5", 5, "step0"), ("step7", 7, ""), ("step9", 9, ""),
    ]  # fmt: skip


def test_those_that_equal_main_are_flagged_though_main_was_not_asked_for():
    rows = audit({"step0": weights("m"), "step5": weights("b")}, weights("m"))
    assert [row.same_as for row in rows] == ["main", ""]


def test_main_stands_where_the_last_checkpoint_that_it_equals_does():
    rows = audit({"step0": weights("a"), "step5": weights("m"), "main": weights("m")}, weights("m"))
    assert [(row.revision, row.step, row.same_as) for row in rows] == [
        ("step0", 0, ""), ("step5", 5, "main"), ("main", 5, ""),
    ]  # fmt: skip
    rows = audit({"step0": weights("m"), "step5": weights("a"), "main": weights("m")}, weights("m"))
    assert [(row.revision, row.step) for row in rows] == [("step0", 0), ("step5", 5), ("main", 6)]


def test_the_names_of_files_do_not_matter():
    assert weights("a", "b").digest == weights("b", "a").digest != weights("a").digest


def test_steps_are_read_from_names():
    assert steps_of(["step143000", "step0"]) == {"step143000": 143000, "step0": 0}
    assert steps_of(["stage1-step500-tokens3B", "checkpoint-20"]) == {
        "stage1-step500-tokens3B": 500,
        "checkpoint-20": 20,
    }
    assert steps_of(["step-00000040", "step-00000000"]) == {"step-00000040": 40, "step-00000000": 0}
    assert steps_of(["stage1-step5", "stage2-step5", "main"]) == {
        "stage1-step5": 1,
        "stage2-step5": 2,
        "main": 3,
    }
    assert steps_of(["main"]) == {"main": 1}


@given(st.lists(st.sampled_from(["step3", "step10", "main", "v1", "v2"]), unique=True), st.booleans())
def test_every_checkpoint_has_a_step_of_its_own(names, is_main):
    steps = steps_of(names)
    assert len(set(steps.values())) == len(names) == len(steps)
