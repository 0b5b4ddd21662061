"""Planted: clusters that carry the answer, and clusters of the very same states that do not."""

import pandas as pd
import pytest
import torch
from transformers import (
    AlbertConfig,
    AlbertForMaskedLM,
    AutoModelForCausalLM,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    MambaConfig,
    Qwen3Config,
)

from nucleate.capture.record import capture
from nucleate.claims.causes import CAUSES
from nucleate.claims.evidence import Evidence
from nucleate.claims.judging import judge_claims
from nucleate.claims.single_tokens import read_interventions
from nucleate.corpus.subset import centroid_rows
from nucleate.errors import ModelError, NobodyToPairError
from nucleate.intervene.analysis import intervene_on
from nucleate.intervene.outcomes.effects import read_effects, write_effects
from nucleate.intervene.settings import InterveneSettings
from nucleate.kmeans.kmeans import kmeans
from nucleate.metrics.agreement.rand_index import adjusted_rand_index
from nucleate.scores import RunTag, Scores
from nucleate.view import View

SETTINGS = InterveneSettings(
    n_pairs=90, n_repaired=20, n_centroid_examples=600, n_resamples=50, strengths=(1.0,), batch_size=45
)


def effects_of(model, corpus, path):
    write_effects(intervene_on(model, corpus, SETTINGS, RunTag("r", "planted", 1), step=5), path)
    return read_effects(path)


@pytest.fixture(scope="module")
def of_working(working, corpus, tmp_path_factory):
    return effects_of(working, corpus, tmp_path_factory.mktemp("w") / "effects.parquet")


@pytest.fixture(scope="module")
def of_idle(idle, corpus, tmp_path_factory):
    return effects_of(idle, corpus, tmp_path_factory.mktemp("i") / "effects.parquet")


def value(effects, site, position, intervention="shift", control="none", metric="becomes_b", strength=1.0):
    found = effects[
        (effects["site"] == site) & (effects["position"] == position) & (effects["control"] == control)
        & (effects["intervention"] == intervention) & (effects["metric"] == metric)
        & (effects["strength"] == strength)
    ]  # fmt: skip
    assert len(found) == 1
    return found["value"].iloc[0]


def verdicts(effects):
    evidence = Evidence(Scores.from_rows([]), View(), effects=effects)
    return {one.position: one.verdict for one in judge_claims(evidence, CAUSES) if one.claim == "causal"}


@pytest.mark.parametrize("name", ["working", "idle"])
def test_both_have_the_same_clusters(name, corpus, request):
    states = capture(
        request.getfixturevalue(name),
        corpus,
        centroid_rows(corpus, 300, 1),
        step=0,
        positions=("last_instruction",),
    )
    clusters = kmeans(states.at("last_instruction"), 6, n_init=5, seed=0).best_labels[
        states.sites.index("block.1")
    ]
    assert adjusted_rand_index(states.labels["task"], clusters) > 0.6
    assert (states.predicted == states.expected).all()


def test_clusters_that_work_move_answers_and_their_claim_holds(of_working):
    assert value(of_working, "block.1", "input") == 1.0
    assert value(of_working, "block.1", "input", metric="stays_a") == 0.0
    assert value(of_working, "block.1", "input", "interchange") == 1.0
    for control in ("random_direction", "other_tasks"):
        assert value(of_working, "block.1", "input", control=control) == 0.0
    assert value(of_working, "block.1", "input", "interchange", "within_task", metric="stays_a") == 1.0
    assert verdicts(of_working)["input"] == "holds"


def test_clusters_that_do_no_work_fail_the_claim_everywhere_but_in_the_words(of_idle):
    assert value(of_idle, "block.1", "input") == 0.0
    assert value(of_idle, "block.1", "input", metric="stays_a") == 1.0
    assert value(of_idle, "block.1", "input", metric="acted") == 1.0
    assert verdicts(of_idle)["input"] == "fails"
    assert verdicts(of_idle)["last_instruction"] == "fails"


def readings(effects, site="block.1"):
    found = read_interventions(Scores.from_rows([]), effects, View())
    return dict(found.loc[found["site"] == site, ["position", "reading"]].to_numpy().tolist())


def test_a_null_is_read_as_what_was_planted(of_working, of_idle):
    assert readings(of_working) == {"last_instruction": "idle", "input": "works"}
    assert readings(of_idle) == {"last_instruction": "needed", "input": "idle"}, "its word is read, no code"


def test_clusters_that_are_read_for_the_next_token_are_called_so(
    naming_inputs, corpus_of_own_inputs, tmp_path
):
    """They turn not one answer: by the answer alone they would be called idle, or needed."""
    effects = effects_of(naming_inputs, corpus_of_own_inputs, tmp_path / "effects.parquet")
    place = ("block.1", "last_instruction")
    assert value(effects, *place) == 0.0
    assert value(effects, *place, metric="next_mass_b") > 0.3
    assert value(effects, *place, metric="next_mass_a") < 0.1
    assert value(effects, *place, "identity", "identity", "next_mass_a") > 0.3
    assert value(effects, *place, "identity", "identity", "next_kl") == 0.0
    for control in ("random_direction", "other_tasks"):
        assert value(effects, *place, control=control, metric="next_mass_b") < 0.25
    assert value(effects, *place, metric="next_excess") > 0.1
    assert readings(effects)["last_instruction"] == "read for the next token"


def test_company_of_single_tokens_is_swapped_and_nothing_else(of_working):
    alone = of_working[of_working["position"].isin(["instruction_but_last", "prompt_but_last"])]
    assert set(alone["intervention"]) == {"identity", "interchange"}


def test_what_the_input_allows_stands_beside_projecting_the_task_out(of_working):
    guess = value(of_working, "block.1", "input", "project_out", "input_alone", "stays_a")
    assert 0 < guess < 0.6
    rows = of_working[of_working["control"] == "input_alone"]
    assert set(rows["metric"]) == {"stays_a"}


def test_projecting_the_task_out_costs_answers_only_where_clusters_work(of_working, of_idle):
    out = {"intervention": "project_out", "metric": "stays_a"}
    assert value(of_working, "block.1", "input", **out) < 0.4
    assert value(of_working, "block.1", "input", **out, control="random_subspace") > 0.9
    assert value(of_idle, "block.1", "input", **out) == 1.0


def test_the_identity_is_exact_and_the_embedded_instruction_of_b_is_answered_as_b(of_working, of_idle):
    for effects in (of_working, of_idle):
        same = effects[effects["intervention"] == "identity"].groupby("metric")["value"]
        assert same.max()["acted"] == 0.0
        assert same.max()["kl"] == 0.0
        assert same.min()["stays_a"] == 1.0
        assert value(effects, "embed", "all_instruction", "interchange") == 1.0


def test_logarithms_and_intervals_are_of_one_piece(of_working):
    shares = of_working[of_working["metric"].isin(["becomes_b", "stays_a", "other"])]
    key = ["site", "position", "intervention", "control", "strength"]
    shares = shares[shares["control"] != "input_alone"]
    assert shares.groupby(key)["value"].sum().round(12).eq(1.0).all()
    known = of_working.dropna(subset=["ci_low"])
    assert (known["ci_low"] <= known["value"] + 1e-12).all()
    assert (known["value"] <= known["ci_high"] + 1e-12).all()
    assert value(of_working, "block.1", "input", metric="delta_logprob_b") > 0.5
    assert value(of_working, "block.1", "input", metric="delta_logprob_a") < -0.5
    assert value(of_working, "block.1", "input", metric="kl") > 0


def test_same_seed_same_effects(working, corpus, of_working, tmp_path):
    pd.testing.assert_frame_equal(effects_of(working, corpus, tmp_path / "again.parquet"), of_working)


def test_three_tasks_are_too_few(working, corpus):
    few = type(corpus)(corpus.settings, corpus.seed, corpus.table, corpus.tasks[:3])
    with pytest.raises(NobodyToPairError, match="compare four tasks"):
        intervene_on(working, few, SETTINGS, RunTag("r", "planted", 1), step=5)


SIZES = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16}
SMALL = SIZES | {"intermediate_size": 24, "max_position_embeddings": 32}
GROUPED = SMALL | {"num_key_value_heads": 1}
ARCHITECTURES = {
    "gpt2": lambda n: GPT2Config(
        n_layer=2, n_head=2, n_embd=16, vocab_size=n, bos_token_id=0, eos_token_id=0
    ),
    "gpt_neox": lambda n: GPTNeoXConfig(**SMALL, vocab_size=n),
    "llama": lambda n: LlamaConfig(**GROUPED, vocab_size=n),
    "qwen3": lambda n: Qwen3Config(**GROUPED, head_dim=8, vocab_size=n),
    "mamba, which has no attention": lambda n: MambaConfig(
        num_hidden_layers=2, hidden_size=16, state_size=4, vocab_size=n
    ),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_other_architectures_go_the_same_way(name, corpus):
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(ARCHITECTURES[name](corpus.vocab_size)).eval()
    few = SETTINGS.model_copy(update={"n_pairs": 6, "n_repaired": 6})
    effects = intervene_on(model, corpus, few, RunTag("r", name, 1), step=0)
    assert {one.site for one in effects} == {"embed", "block.1", "block.2", "final_norm"}
    assert all(one.value == 0 for one in effects if one.intervention == "identity" and one.metric == "acted")
    acted = [one.value for one in effects if one.metric == "acted" and one.position == "input"]
    assert max(acted) == 1.0


def test_a_model_without_a_list_of_blocks_is_refused(corpus):
    config = AlbertConfig(**SMALL, vocab_size=corpus.vocab_size)  # one block, run again and again
    with pytest.raises(ModelError, match="no list of 2 blocks"):
        intervene_on(AlbertForMaskedLM(config).eval(), corpus, SETTINGS, RunTag("r", "albert", 1), step=0)


def letters_model(corpus):
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(ARCHITECTURES["gpt2"](corpus.vocab_size)).eval()


def test_what_differs_around_instructions_fails_no_proof(corpus_of_two_templates):
    effects = intervene_on(
        letters_model(corpus_of_two_templates),
        corpus_of_two_templates,
        SETTINGS,
        RunTag("r", "letters", 1),
        step=0,
    )
    assert {"shift", "interchange", "repair"} <= {one.intervention for one in effects}


def test_where_nothing_is_held_out_there_is_nothing_to_repair(corpus_without_held_out):
    asked = SETTINGS.model_copy(update={"split": "train"})
    model = letters_model(corpus_without_held_out)
    effects = intervene_on(model, corpus_without_held_out, asked, RunTag("r", "letters", 1), step=0)
    interventions = {one.intervention for one in effects}
    assert "interchange" in interventions
    assert "repair" not in interventions
