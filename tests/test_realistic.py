"""Natural language from end to end: a model from scratch, and one that goes on from it."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from nucleate import api
from nucleate.corpus.prompts.facts import draw_prompts
from nucleate.corpus.prompts.files.prompt_files import read_prompts
from nucleate.errors import ModelError
from nucleate.models.loading import load_start, load_tokenizer

SMALL = (
    "corpus.topics=['elements', 'cities']",
    "corpus.n_inputs=3",
    "corpus.n_phrasings=6",
    "corpus.vocabulary=400",
    "training.steps=8",
    "training.batch_instructions=8",
    "training.warmup_steps=2",
    "training.checkpoints_early=0",
    "training.checkpoint_every=3",
    "training.precision=float32",
    "scoring.n_examples=48",
    "scoring.n_init=2",
    "scoring.n_init_settled=2",
    "scoring.n_resamples=20",
    "scoring.factors=['task', 'form']",
    "unseen.n_examples=20",
    "unseen.n_centroid_examples=40",
    "unseen.n_resamples=20",
    "unseen.n_shuffles=2",
    "model.n_layer=3",
    "model.n_head=2",
    "model.n_embd=16",
    "pictures.tsne=false",
    "intervene.in_run=false",
    "figures.formats=['png']",
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return api.run("realistic", tmp_path_factory.mktemp("scratch") / "run", overrides=SMALL)


@pytest.fixture(scope="module")
def went_on(scratch, tmp_path_factory):
    start = f"model.start={scratch.folder.checkpoint(8)}"
    return api.run("realistic", tmp_path_factory.mktemp("on") / "run", overrides=(*SMALL, start))


def weights_at(path):
    return AutoModelForCausalLM.from_pretrained(path).state_dict()


@pytest.mark.shapes
def test_a_run_has_scores_at_the_token_before_the_answer(scratch):
    rows = scratch.table.where(metric="ari", factor="task", position="last")
    for control in ("none", "bag_of_tokens", "shuffled_labels"):
        assert rows.where(control=control).values("step") == [0, 3, 6, 8]
    assert {one.claim: one.verdict for one in scratch.verdicts}["realistic"] == "not measured"


def test_its_prompts_are_there_for_other_models(scratch):
    settings = scratch.settings
    assert read_prompts(scratch.folder.corpus / "prompts.jsonl") == draw_prompts(
        settings.corpus, settings.seed
    )


def test_step_0_is_the_start_untouched_and_later_steps_are_not(scratch, went_on):
    start, first, last = (
        weights_at(path)
        for path in (
            scratch.folder.checkpoint(8),
            went_on.folder.checkpoint(0),
            went_on.folder.checkpoint(8),
        )
    )
    assert all(torch.equal(start[name], first[name]) for name in start)
    assert any(not torch.equal(start[name], last[name]) for name in start)


def test_a_start_is_judged_over_itself(went_on):
    assert went_on.settings.claims.preparation == "standardise"
    verdicts = {one.claim: one for one in went_on.verdicts if one.position == "last"}
    assert verdicts["realistic"].verdict in ("holds", "fails", "inconclusive")
    assert np.isfinite(list(verdicts["realistic"].figures.values())).all()


def test_a_start_brings_its_own_tokens(scratch, went_on):
    assert went_on.corpus.tokenizer.get_vocab() == scratch.corpus.tokenizer.get_vocab()
    assert went_on.corpus.table["input_ids"].equals(scratch.corpus.table["input_ids"])


def test_a_start_that_is_not_there_is_named_before_anything_is_trained(tmp_path):
    with pytest.raises(ModelError, match="nowhere"):
        api.run("realistic", tmp_path / "run", overrides=(*SMALL, "model.start=/nowhere"))


@pytest.fixture
def gguf(tmp_path):
    """A Llama of one block with five tokens, written by the format's own package."""
    writer_of = pytest.importorskip("gguf")
    path = tmp_path / "tiny.gguf"
    writer = writer_of.GGUFWriter(path, "llama")
    writer.add_context_length(16)
    writer.add_embedding_length(8)
    writer.add_block_count(1)
    writer.add_feed_forward_length(16)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(4)
    writer.add_vocab_size(5)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(["a", "b", "ab", "<s>", "</s>"])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(3)
    writer.add_eos_token_id(4)
    rng = np.random.default_rng(0)
    shapes = {"token_embd": (5, 8), "output_norm": (8,), "output": (5, 8)}
    shapes |= {f"blk.0.attn_{name}": (8, 8) for name in ("q", "k", "v", "output")}
    shapes |= {"blk.0.attn_norm": (8,), "blk.0.ffn_norm": (8,)}
    shapes |= {"blk.0.ffn_gate": (16, 8), "blk.0.ffn_up": (16, 8), "blk.0.ffn_down": (8, 16)}
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", rng.normal(size=shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.filterwarnings("ignore")
def test_a_start_from_gguf_is_saved_as_any_other(gguf, tmp_path):
    model = load_start(gguf)
    assert model.dtype == torch.float32
    assert load_tokenizer(gguf)("ab")["input_ids"] == [2]
    model.save_pretrained(tmp_path / "saved")
    saved = weights_at(tmp_path / "saved")
    assert all(torch.equal(saved[name], value) for name, value in model.state_dict().items())
