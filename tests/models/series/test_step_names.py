import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.models.series.step_names import read_steps


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("step143000", 143000), ("step-00000040", 40), ("stage1-step500-tokens3B", 500), ("step_7", 7),
        ("tinyllama-step-50K-105b", 50_000), ("step-1.5M", 1_500_000), ("global_step1000", 1000),
        ("checkpoint-20", 20), ("ckpt_100", 100), ("iter_0001000", 1000), ("iteration-3", 3),
        ("epoch=3-step=500", 500), ("epoch=3-step=500.ckpt", 500), ("checkpoint_7_step_100", 100),
        ("000250", 250), ("model_000100", 100),
    ],
)  # fmt: skip
def test_the_known_forms(name, step):
    found = read_steps([name])
    assert found.of == {name: step}
    assert found.note == ""


def test_what_is_no_step_is_not_read_as_one_and_is_said():
    found = read_steps(["pythia-70m", "model-7b", "misstep3", "2024-01-05"])
    assert list(found.of.values()) == [1, 2, 3, 4]
    assert "pythia-70m and 3 more tell no step, numbered 1 to 4" in found.note
    assert "--step-regex" in found.note
    assert read_steps(["main"]).note == ""


def test_epochs_stand_for_steps_where_there_are_no_others():
    found = read_steps(["epoch-10", "epoch-2"])
    assert found.of == {"epoch-10": 10, "epoch-2": 2}
    assert found.note.startswith("epochs are shown as steps")


def test_a_later_stage_counts_from_the_end_of_the_one_before():
    found = read_steps(["stage1-step5", "stage1-step10", "stage2-step5", "stage3-step0", "stage3-step2"])
    assert list(found.of.values()) == [5, 10, 15, 16, 18]
    assert "stage 2 counts from step 10, stage 3 counts from step 16" in found.note
    through = read_steps(["stage2-step700", "stage1-step500"])
    assert through.of == {"stage2-step700": 700, "stage1-step500": 500}
    assert through.note == "", "its steps go on where the first ended"


def test_parallel_checkpoints_of_one_step_are_numbered_and_it_is_said():
    found = read_steps(["stage2-ingredient1-step5", "stage2-ingredient2-step5", "main"])
    assert list(found.of.values()) == [1, 2, 3]
    assert "stage2-ingredient1-step5 and stage2-ingredient2-step5 tell the same step" in found.note


def test_a_pattern_of_ones_own_is_asked_instead():
    found = read_steps(["step1-tokens30B", "step2-tokens4B"], pattern=r"tokens(\d+)")
    assert found.of == {"step1-tokens30B": 30, "step2-tokens4B": 4}
    assert read_steps(["x-50K"], pattern=r"x-(\w+)").of == {"x-50K": 50_000}
    assert "x-none tells no step" in read_steps(["x-none"], pattern=r"x-(\w+)").note
    assert read_steps(["step3", "a9"], pattern=r"a(\d+)").of == {"a9": 9, "step3": 10}


def test_main_stands_where_the_last_checkpoint_that_it_equals_does():
    assert read_steps(["step0", "step5", "main"], ["step5"]).of == {"step0": 0, "step5": 5, "main": 5}
    other = read_steps(["step0", "step5", "main"], ["step0"])
    assert other.of["main"] == 6
    assert "main tells no step, numbered 6, after step 5" in other.note


@given(
    st.lists(
        st.sampled_from(["step3", "step10", "main", "v1", "v2", "stage1-step2", "stage2-step2", "ckpt_3"]),
        unique=True,
    )
)
def test_every_checkpoint_has_a_step_of_its_own(names):
    steps = read_steps(names).of
    assert len(set(steps.values())) == len(names) == len(steps)
