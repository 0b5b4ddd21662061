"""What became of clusters: each kind planted, none dependent on numbers, none counted twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.metrics.agreement.matched_clusters import EVENTS, events_of


def named(before, after):
    return [(one.name, one.before, one.after) for one in events_of(np.array(before), np.array(after))[0]]


def test_the_same_partition_keeps_every_cluster():
    assert named([0, 0, 1, 1, 2, 2], [2, 2, 0, 0, 1, 1]) == [
        ("kept", (0,), (2,)), ("kept", (1,), (0,)), ("kept", (2,), (1,))
    ]  # fmt: skip


def test_most_of_several_in_one_is_a_merge_and_turned_around_a_split():
    fine, coarse = [0, 0, 1, 1, 2, 2], [0, 0, 0, 0, 1, 1]
    assert named(fine, coarse) == [("kept", (2,), (1,)), ("merged", (0, 1), (0,))]
    assert named(coarse, fine) == [("kept", (1,), (2,)), ("split", (0,), (0, 1))]


def test_a_cluster_that_loses_a_third_has_moved():
    found, table = events_of(np.array([0] * 6 + [1] * 6), np.array([0] * 4 + [1] * 8))
    assert [one.name for one in found] == ["moved", "moved"]
    assert [float(one.overlap(table)) for one in found] == pytest.approx([4 / 6, 6 / 8])


def test_what_comes_from_nowhere_was_made_and_what_goes_nowhere_dissolved():
    before = [0] * 4 + [1] * 4 + [2] * 4
    after = [0, 0, 1, 2, 1, 1, 0, 2, 2, 2, 0, 1]
    found, table = events_of(np.array(before), np.array(after))
    assert [one.name for one in found] == ["made"] * 3 + ["dissolved"] * 3
    assert [float(one.overlap(table)) for one in found] == [0.5] * 6
    assert [one.nearest for one in found] == [0, 1, 2, 0, 1, 2]
    moved = table.astype(float)
    moved[0, 1] += (
        8  # in a replicate another one may be larger: the share is still of the one that was nearest
    )
    assert float(found[3].overlap(moved)) == 2 / 12


def test_overlap_of_many_tables_is_that_of_each():
    rng = np.random.default_rng(0)
    before, after = rng.integers(0, 4, 60), rng.integers(0, 3, 60)
    found, table = events_of(before, after)
    for one in found:
        both = one.overlap(np.stack([table, 2 * table]).astype(float))
        np.testing.assert_allclose(both, float(one.overlap(table)))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=40))
def test_every_cluster_is_in_an_event_and_numbers_do_not_matter(pairs):
    before, after = (np.unique(side, return_inverse=True)[1] for side in np.array(pairs).T)
    found = events_of(before, after)[0]
    assert {row for one in found for row in one.before} == set(before.tolist())
    assert {column for one in found for column in one.after} == set(after.tolist())
    assert all(one.name in EVENTS for one in found)
    alone = [one for one in found if one.name in ("kept", "moved", "made", "dissolved")]
    assert len({one.before for one in alone if one.before}) == len([one for one in alone if one.before])
    turned = events_of(before.max() - before, after)[0]
    assert sorted(one.name for one in turned) == sorted(one.name for one in found)
