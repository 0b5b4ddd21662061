"""Edits of states whose centroids are known."""

import pytest
import torch

from nucleate.intervene.edits import EDITS, Part, Place, apply_edit

BY_NAME = {(one.name, one.control): one for one in EDITS}


@pytest.fixture
def place():
    torch.manual_seed(0)
    means = torch.zeros(4, 6)
    means[torch.arange(4), torch.arange(4)] = 2.0
    basis = torch.linalg.qr((means - means.mean(0)).T)[0][:, :3]
    means, basis = means.repeat(2, 1, 1), basis.repeat(2, 1, 1)
    direction = torch.nn.functional.normalize(torch.randn(2, 6), dim=-1)
    mask = torch.tensor([[False, True, False], [True, True, False]])
    part = Part(
        mask,
        means,
        basis,
        torch.linalg.qr(torch.randn(2, 6, 3))[0],
        torch.tensor([[0, 1, 2, 3], [3, 2, 1, 0]]),
        direction,
    )
    return Place(torch.randn(2, 3, 6), torch.randn(2, 3, 6), torch.randn(2, 3, 6), (part,))


def moved(place, name, control="none", strength=1.0):
    return apply_edit(BY_NAME[name, control], place, strength) - place.states


@pytest.mark.parametrize("key", BY_NAME, ids="/".join)
def test_no_edit_touches_a_token_outside_its_mask(place, key):
    change = moved(place, *key)
    assert (change[~place.parts[0].mask] == 0).all()
    assert key == ("identity", "identity") or (change[place.parts[0].mask] != 0).any()


def test_the_identity_is_the_same_bits(place):
    assert torch.equal(apply_edit(BY_NAME["identity", "identity"], place, 1.0), place.states)


def test_a_shift_goes_from_a_to_b_and_its_controls_go_as_far(place):
    means = place.parts[0].means[0]
    torch.testing.assert_close(moved(place, "shift", strength=3.0)[0, 1], 3 * (means[1] - means[0]))
    length = (means[1] - means[0]).norm()
    for control in ("random_direction", "other_tasks"):
        torch.testing.assert_close(moved(place, "shift", control)[0, 1].norm(), length)
    torch.testing.assert_close(moved(place, "shift", "other_tasks")[0, 1], means[3] - means[2])


def test_replacement_ends_at_b_within_the_plane_and_leaves_the_rest(place):
    part = place.parts[0]
    after = place.states + moved(place, "replace")
    inside = (after[0, 1] - part.means[0, 1]) @ part.basis[0]
    torch.testing.assert_close(inside, torch.zeros(3), atol=1e-5, rtol=0)
    change = moved(place, "replace")[0, 1]
    torch.testing.assert_close(change, change @ part.basis[0] @ part.basis[0].T)
    by_c = place.states + moved(place, "replace", "other_task")
    inside = (by_c[0, 1] - part.means[0, 2]) @ part.basis[0]
    torch.testing.assert_close(inside, torch.zeros(3), atol=1e-5, rtol=0)


def test_nothing_of_the_task_is_left_once_projected_out(place):
    part = place.parts[0]
    after = place.states + moved(place, "project_out")
    inside = (after[0, 1] - part.means[0].mean(0)) @ part.basis[0]
    torch.testing.assert_close(inside, torch.zeros(3), atol=1e-5, rtol=0)


def test_every_row_is_moved_by_centroids_of_its_own(place):
    part = place.parts[0]
    part.means[1] += torch.randn(4, 6)
    torch.testing.assert_close(moved(place, "shift")[0, 1], part.means[0, 1] - part.means[0, 0])
    torch.testing.assert_close(moved(place, "shift")[1, 0], part.means[1, 2] - part.means[1, 3])
