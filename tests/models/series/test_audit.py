from nucleate.models.series.audit import Weights, audit


def weights(*contents):
    return Weights({f"model-{i}.safetensors": content for i, content in enumerate(contents)}, 10)


def test_repeated_weights_are_flagged_with_the_first_that_has_them():
    rows = audit(
        {"step0": weights("a"), "step9": weights("b"), "step5": weights("a"), "step7": weights("a", "b")}
    )
    assert [(row.revision, row.step, row.same_as) for row in rows.rows] == [
        ("step0", 0, ""), ("step5", 5, "step0"), ("step7", 7, ""), ("step9", 9, ""),
    ]  # fmt: skip


def test_those_that_equal_main_are_flagged_though_main_was_not_asked_for():
    rows = audit({"step0": weights("m"), "step5": weights("b")}, weights("m"))
    assert [row.same_as for row in rows.rows] == ["main", ""]


def test_main_stands_where_the_last_checkpoint_that_it_equals_does():
    rows = audit({"step0": weights("a"), "step5": weights("m"), "main": weights("m")}, weights("m"))
    assert [(row.revision, row.step, row.same_as) for row in rows.rows] == [
        ("step0", 0, ""), ("step5", 5, "main"), ("main", 5, ""),
    ]  # fmt: skip
    rows = audit({"step0": weights("m"), "step5": weights("a"), "main": weights("m")}, weights("m"))
    assert [(row.revision, row.step) for row in rows.rows] == [("step0", 0), ("step5", 5), ("main", 6)]


def test_the_names_of_files_do_not_matter():
    assert weights("a", "b").digest == weights("b", "a").digest != weights("a").digest


def test_a_single_file_of_another_step_is_flagged_though_the_whole_differs():
    """As reported of published 12-billion-parameter series: one shard was copied from another step."""
    rows = audit({"step0": weights("a", "b"), "step5": weights("c", "b"), "step9": weights("d", "e")}).rows
    assert [(row.same_as, row.shared) for row in rows] == [
        ("", {}), ("", {"model-1.safetensors": "step0"}), ("", {}),
    ]  # fmt: skip
    rows = audit({"step0": weights("a", "b"), "step5": weights("a", "b")}).rows
    assert [row.shared for row in rows] == [{}, {}], "what is the same as a whole is said once"
    rows = audit({"step3": weights("m", "x"), "main": weights("m", "n")}, weights("m", "n")).rows
    assert [row.shared for row in rows] == [{"model-0.safetensors": "main"}, {}]


def test_one_file_twice_in_one_checkpoint_is_no_matter():
    assert audit({"step0": weights("a", "a")}).rows[0].shared == {}


def test_what_is_to_be_said_of_steps_comes_along():
    assert "--step-regex" in audit({"v1": weights("a"), "v2": weights("b")}).note
    assert audit({"v1": weights("a")}, pattern=r"v(\d+)").rows[0].step == 1
