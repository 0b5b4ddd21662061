from dataclasses import replace

import pandas as pd
import pytest

from nucleate.report.words import sentences


def test_the_setting_in_a_sentence(contents):
    assert sentences.setting_in_a_sentence(contents) == (
        "A GPT-2 of two layers and width 32, trained for 12 steps on four tasks with two dialects each; "
        "every task maps three of six inputs."
    )
    assert (
        sentences.setting_in_a_sentence(replace(contents, config={}, corpus=None)) == "The model gpt2-2x32."
    )
    from_elsewhere = {"model": {**contents.config["model"], "start": "some/model.gguf"}}
    assert (
        sentences.setting_in_a_sentence(replace(contents, config=from_elsewhere, corpus=None))
        == "The model gpt2-2x32."
    )


def test_accuracy_is_that_of_the_last_step(contents):
    rows = contents.scores.query("metric == 'accuracy' and step == 12 and control == 'none'")
    assert dict(sentences.accuracies(contents)) == dict(zip(rows["split"], rows["value"], strict=True))
    logged = sentences.accuracies(
        replace(contents, scores=contents.scores[contents.scores["metric"] == "ari"])
    )
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

    assert sentences.verdict_in_a_sentence(judged("holds", "holds", "holds")) == "All three claims hold."
    assert sentences.verdict_in_a_sentence(judged("holds", "fails", "fails")) == "One of three claims holds."
    assert sentences.verdict_in_a_sentence(judged("fails", "fails")) == "Neither of two claims holds."
    assert sentences.verdict_in_a_sentence(judged("fails", "fails", "fails")) == "None of three claims holds."
    assert sentences.verdict_in_a_sentence(judged("fails")) == "The one claim that could be judged fails."
    assert sentences.verdict_in_a_sentence(judged("not measured")) == "No claim could be judged on this run."
    open_ = judged("holds", "inconclusive", "not measured")
    assert sentences.verdict_in_a_sentence(open_) == "One of two claims holds; one is inconclusive."


def test_settings_that_differ(contents):
    other = replace(contents, config={**contents.config, "model": {**contents.config["model"], "n_layer": 4}})
    assert sentences.differing_settings([contents, other]) == {"model.n_layer": [2, 4]}
    assert sentences.differing_settings([contents, contents]) == {}


def test_examples_and_grammars_are_those_of_the_corpus(contents):
    instances = contents.corpus.table.to_pylist()
    for row in sentences.example_instances(contents):
        assert any(all(str(one[name]) == value for name, value in row.items()) for one in instances)
    assert [dict(task["function"]) for task in sentences.grammars(contents)] == [
        task["function"] for task in contents.corpus.tasks
    ]


def test_a_model_that_was_looked_at_is_named_with_its_prompts(prompts):
    assert sentences.setting_in_a_sentence(prompts) == "The model some/causal-lm, given 60 prompts."
    assert sentences.verdict_in_a_sentence(prompts) == "No claim could be judged on this run."
    assert sentences.grammars(prompts) == [] and sentences.surface_alone(prompts) is None
    rows = sentences.example_instances(prompts)
    assert list(rows[0]) == ["id", "country", "relation", "prompt", "output", "split"]
    assert rows[0]["output"] == "–" and len(rows[0]["prompt"]) == 200


def test_figures_of_a_verdict_in_words(contents):
    claim = replace(contents.claims[0], figures={"value": 0.834, "layer": 5.0, "auroc_ci_low": 0.5})
    assert sentences.claim_figures(claim) == [
        ("agreement", "0.83"),
        ("layer", "5"),
        ("AUROC, lower 95 % bound", "0.50"),
    ]


def test_the_surface_alone_is_the_control_that_has_no_model(contents):
    rows = contents.scores.query(
        "control == 'bag_of_tokens' and factor == 'task' and position == 'last_instruction' and split == 'validation'"
        " and metric == 'ari' and method == 'kmeans' and step == 12"
    )
    assert sentences.surface_alone(contents) == (rows["value"].max(), "validation")


def test_seeds_are_judged_together_and_settings_stand_side_by_side(contents):
    first = next(one for one in contents.claims if one.position == "last_instruction")
    runs = [
        replace(contents, config={**contents.config, "seed": seed}, claims=(replace(first, verdict=verdict),))
        for seed, verdict in ((1, "holds"), (2, "fails"), (3, "holds"))
    ]
    wider = replace(
        contents,
        config={**contents.config, "model": {**contents.config["model"], "n_embd": 64}},
        claims=(replace(first, verdict="not measured"),),
    )
    ((words, (seeds, one)),) = sentences.claims_of_groups([*runs, wider])
    assert (words, seeds[0], one) == (first.words, "holds in 2 of 3", ("not measured", ""))
    settings = sentences.all_settings([contents, wider])
    assert settings["model.n_embd"] == [32, 64] and settings["corpus.n_tasks"] == [4, 4]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"task": 0.33, "phrasing": 0.50}, "In layer 2 clusters follow the phrasing, 0.50, more than the task, 0.33"),
        ({"task": 0.60, "phrasing": 0.50}, "In layer 2 clusters follow the task, 0.60, where the strongest control reaches 0.20"),
        ({"task": 0.10, "phrasing": 0.15}, "In no layer do clusters follow any label above its controls"),
    ],
)  # fmt: skip
def test_the_headline_of_one_model(contents, values, said):
    """Planted agreement in layer 2, a control of 0.2 everywhere; a wrong order would give the wrong sentence."""
    row = {"run": "x", "model": "m", "seed": 0, "step": 1, "split": "train", "position": "last", "preparation": "raw",
           "method": "kmeans", "metric": "ari", "n_clusters": 4, "n_examples": 60}  # fmt: skip
    rows = [
        {**row, "factor": factor, "site": f"block.{layer}", "layer": layer, "control": control, "value": value,
         "ci_low": value - 0.02, "ci_high": value + 0.02}
        for factor, best in values.items()
        for layer in (1, 2)
        for control, value in (("none", best * layer / 2), ("bag_of_tokens", 0.2))
    ]  # fmt: skip
    config = {"claims": {"position": "last", "factor": "task"}}
    run = replace(contents, scores=pd.DataFrame(rows).astype({"layer": "Int64"}), config=config)
    (sentence,) = sentences.headline_of_one_model(run)
    assert sentence == f"{said} (adjusted Rand index, train)." or sentence == f"{said} (train)."
