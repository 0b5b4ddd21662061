import numpy as np
import pytest
import torch

from nucleate.corpus.spans import Spans
from nucleate.corpus.subset import centroid_rows
from nucleate.errors import ConfigError, LabelsError
from nucleate.intervene.outcomes.effects import COMPANY
from nucleate.intervene.pairs import draw_pairs
from nucleate.intervene.places import (
    TaskCentroids,
    company_of,
    require_centroids,
    short_of_inputs,
    token_masks,
)

SPANS = Spans(np.array([[0, 2], [0, 3]]), np.array([[2, 3], [3, 4]]), np.array([3, 4]))
MASK = torch.tensor([[True, True, True, False], [True] * 4])


def columns(position):
    return {
        name: [row.nonzero().ravel().tolist() for row in mask]
        for name, mask in token_masks(position, SPANS, MASK).items()
    }


def test_positions_are_sets_of_tokens_and_padding_is_in_none():
    assert columns("last_instruction") == {"last_instruction": [[1], [2]]}
    assert columns("input") == {"input": [[2], [3]]}
    assert columns("all_instruction") == {"instruction_mean": [[0, 1], [0, 1, 2]]}
    assert columns("instruction_but_last") == {"instruction_mean": [[0], [0, 1]]}
    assert columns("prompt_but_last") == {"instruction_mean": [[0], [0, 1]], "input": [[2], [3]]}
    assert columns("all_prompt") == {"instruction_mean": [[0, 1], [0, 1, 2]], "input": [[2], [3]]}


def test_an_unknown_position_names_the_known():
    with pytest.raises(ConfigError) as caught:
        token_masks("last", SPANS, MASK)
    assert "all_instruction" in caught.value.mend


def test_a_part_has_the_centroids_of_its_site(working, corpus):
    centroids = TaskCentroids(working, corpus, centroid_rows(corpus, 300, 1))
    direction = centroids.directions("block.1", "input", 2, 1)
    np.testing.assert_allclose(np.linalg.norm(direction, axis=1), 1)
    inputs = np.array([3, 0])
    part = centroids.part("block.1", "input", MASK, np.array([[5, 0], [2, 1]]), inputs, direction, 1)
    code = working.model.wiring.code(part.means)
    torch.testing.assert_close(code, torch.eye(6).repeat(2, 1, 1))
    assert part.tasks.tolist() == [[5, 0], [2, 1]]
    for basis in (*part.basis, *part.random_basis):
        product, kept = basis.T @ basis, basis.abs().sum(0) > 0
        torch.testing.assert_close(product, torch.diag(kept.float()), atol=1e-5, rtol=0)
    assert part.random_basis.shape == part.basis.shape
    assert torch.equal(part.basis.abs().sum(1) > 0, part.random_basis.abs().sum(1) > 0)


def test_no_input_has_a_part_in_the_centroids_that_move_it(working, corpus):
    """The planted residual stream says which token is there: of the row's own input there is nothing."""
    centroids = TaskCentroids(working, corpus, centroid_rows(corpus, 300, 1))
    direction = centroids.directions("embed", "input", 2, 1)
    part = centroids.part("embed", "input", MASK, np.array([[5, 0], [2, 1]]), np.arange(2), direction, 1)
    first = [int(np.flatnonzero(corpus.labels()["input"] == x)[0]) for x in range(2)]
    ids, spans = corpus.table["input_ids"].to_pylist(), corpus.spans(corpus.table)
    tokens = [ids[row][spans.input[row, 0]] for row in first]
    for row, token in enumerate(tokens):
        assert (part.means[row, :, token] == 0).all()
        assert (part.means[row, :, tokens[1 - row]] > 0.1).all()


def test_with_and_without_differ_in_the_token_alone():
    for (position, _), (with_it, without_it) in COMPANY.items():
        more, less, own = (
            sum(token_masks(one, SPANS, MASK).values()) for one in (with_it, without_it, position)
        )
        assert torch.equal(more.int() - less.int(), own.int())


def test_company_is_what_is_not_asked_for_already():
    assert company_of(("input",)) == ("all_prompt", "all_instruction")
    assert company_of(("last_instruction", "all_prompt", "all_instruction")) == (
        "instruction_but_last",
        "prompt_but_last",
    )
    assert company_of(("all_prompt",)) == ()


def test_tasks_of_one_input_are_found_and_pairs_that_they_could_not_move_are_refused(corpus):
    task, x = corpus.labels()["task"], corpus.labels()["input"]
    rows = centroid_rows(corpus, 600, 1)
    pairs = draw_pairs(corpus, "validation", 50, 3)
    assert short_of_inputs(corpus, rows).tolist() == []
    require_centroids(corpus, pairs, rows)
    a, own = pairs.tasks[0, 0], pairs.inputs[0]
    few = rows[(task[rows] != a) | (x[rows] == own)]
    assert short_of_inputs(corpus, few).tolist() == [a]
    with pytest.raises(LabelsError, match="no centroid without the input"):
        require_centroids(corpus, pairs, few)
    none = rows[task[rows] != pairs.tasks[0, 3]]
    assert short_of_inputs(corpus, none).tolist() == [pairs.tasks[0, 3]]
    with pytest.raises(LabelsError, match="no centroid without the input"):
        require_centroids(corpus, pairs, none)
    assert len(short_of_inputs(corpus, rows[:0])) == 6
