from dataclasses import replace

from nucleate.report import words


def test_the_setting_in_a_sentence(contents):
    assert words.setting_in_a_sentence(contents) == (
        "A GPT-2 of two layers and width 32, trained for 12 steps on four tasks with two dialects each; "
        "every task maps three of six inputs."
    )
    assert words.setting_in_a_sentence(replace(contents, config={})) == "A language model."


def test_accuracy_is_that_of_the_last_step(contents):
    rows = contents.scores.query("metric == 'accuracy' and step == 12 and control == 'none'")
    assert dict(words.accuracies(contents)) == dict(zip(rows["split"], rows["value"], strict=True))
    logged = words.accuracies(replace(contents, scores=contents.scores[contents.scores["metric"] == "ari"]))
    assert {split for split, _ in logged} == {"train", "validation"}


def test_verdicts_are_counted_where_the_run_judges_them(contents):
    def judged(*verdicts):
        claims = [one for one in contents.claims if one.position == "last_instruction"][: len(verdicts)]
        elsewhere = [one for one in contents.claims if one.position != "last_instruction"]
        return replace(
            contents,
            claims=(
                *(replace(one, verdict=verdict) for one, verdict in zip(claims, verdicts, strict=True)),
                *elsewhere,
            ),
        )

    assert words.verdict_in_a_sentence(judged("holds", "holds", "holds")) == "All three claims hold."
    assert words.verdict_in_a_sentence(judged("holds", "fails", "fails")) == "One of three claims holds."
    assert words.verdict_in_a_sentence(judged("fails", "fails")) == "None of two claims hold."
    assert words.verdict_in_a_sentence(judged("not measured")) == "No claim could be judged on this run."


def test_settings_that_differ(contents):
    other = replace(contents, config={**contents.config, "model": {**contents.config["model"], "n_layer": 4}})
    assert words.differing_settings([contents, other]) == {"model.n_layer": [2, 4]}
    assert words.differing_settings([contents, contents]) == {}


def test_examples_and_grammars_are_those_of_the_corpus(contents):
    instances = contents.corpus.table.to_pylist()
    for row in words.example_instances(contents):
        assert any(all(str(one[name]) == value for name, value in row.items()) for one in instances)
    assert [dict(task["function"]) for task in words.grammars(contents)] == [
        task.function for task in contents.corpus.tasks
    ]
