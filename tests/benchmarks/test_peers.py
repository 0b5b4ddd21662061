"""Peers do the same work: nucleate's own states and Hugging Face's own loss are the oracles."""

import numpy as np
import pytest
import torch

from benchmarks import ours, peers, small_capture
from benchmarks.peer_pipeline import score, states_of
from nucleate.capture.record import capture
from nucleate.settings.presets import resolve
from nucleate.stages.measuring import scored_rows


@pytest.fixture(scope="module")
def settings():
    return resolve("smoke")


@pytest.fixture(scope="module")
def corpus():
    return ours.corpus_of("smoke")


def test_both_begin_with_the_same_weights(settings, corpus):
    own, theirs = ours.model_of(settings, corpus), peers.hugging_face_model(settings, corpus)
    for (name, ours_), (_, peer) in zip(own.named_parameters(), theirs.named_parameters(), strict=True):
        assert torch.equal(ours_, peer), name


def test_hidden_states_are_those_that_we_capture(settings, corpus):
    """The peer's last layer is the state after the final norm; the last block's own output it lacks."""
    model, rows = ours.model_of(settings, corpus), np.arange(30)
    own = capture(model, corpus, rows, step=0, positions=small_capture.POSITIONS)
    theirs = peers.output_hidden_states(model, *ours.prompts_at(corpus, rows), batch=7)
    block = np.stack([theirs[position] for position in small_capture.POSITIONS], axis=2)
    np.testing.assert_allclose(own.states[:, [*range(block.shape[1] - 1), -1]], block, atol=1e-5)
    np.testing.assert_array_equal(own.predicted, theirs["predicted"])


def test_the_loss_of_the_plain_loop_is_hugging_faces(settings, corpus):
    model = peers.hugging_face_model(settings, corpus)
    ids, lengths = peers.padded([[3, 4, 5, 6], [7, 8], [9, 3, 4]])
    labels = ids.masked_fill(torch.arange(ids.shape[1]) >= lengths[:, None], -100)
    assert peers.next_token_loss(model, ids, lengths).item() == pytest.approx(
        model(ids, labels=labels, attention_mask=torch.ones_like(ids)).loss.item(), abs=1e-5
    )


def test_the_peer_scores_every_factor_at_every_layer_by_the_names_of_our_own(settings, corpus):
    rows = scored_rows(settings, corpus)
    states = peers.output_hidden_states(
        ours.model_of(settings, corpus), *ours.prompts_at(corpus, rows), batch=64
    )
    found = {
        row["figure"]: row["value"] for row in score(states_of(states, settings, corpus, rows), settings)
    }
    assert {f"accuracy, {split}" for split in settings.scoring.splits} <= set(found)
    for site in ("embed", "block.1", "final_norm"):
        assert -1 <= found[f"agreement with task, validation, last_instruction, {site}"] <= 1


def test_a_peer_is_examined_as_our_capture_answers(settings, corpus):
    """Of one model: the share that training's own count gives is that of the tokens captured."""
    model = peers.hugging_face_model(settings, corpus)
    peers.train_with_trainer(model, corpus, settings, steps=12, batch=64)
    rows = np.flatnonzero(np.asarray(corpus.table["split"].to_pylist()) == "train")
    states = capture(model, corpus, rows, step=0, positions=("input",))
    examiner = ours.Examiner(settings, corpus, "train")
    expected = float((states.predicted == states.expected).mean())
    assert examiner.accuracy(model) == pytest.approx(expected)
    assert 0.0 < expected < 1.0


def test_a_watcher_ends_the_peers_training(settings, corpus):
    model = peers.hugging_face_model(settings, corpus)
    seen = []
    seconds = peers.train_with_trainer(
        model, corpus, settings, steps=5, batch=4, is_enough=lambda step, _: seen.append(step) or step == 3
    )
    assert (seen, len(seconds)) == ([1, 2, 3], 3)
