from dataclasses import replace

import numpy as np

from nucleate.corpus.subset import centroid_rows
from nucleate.intervene.outcomes.cells import Cell
from nucleate.intervene.places import CAPTURED, TaskCentroids
from nucleate.intervene.repair import _roles, measure_repair, repair_split
from nucleate.intervene.settings import InterveneSettings
from nucleate.metrics.centroids import Centroids

SETTINGS = InterveneSettings(n_repaired=60, positions=("input",))


def repaired(model, corpus):
    """With centroids of which two were exchanged, so that their instances are misassigned by construction."""
    centroids = TaskCentroids(model, corpus, centroid_rows(corpus, 300, 1))
    for position in CAPTURED:
        own = centroids.of[position]
        exchanged = np.array([1, 0, *range(2, len(own.tasks))])
        shares = replace(own.shares, tasks=exchanged[own.shares.tasks])
        centroids.of[position] = Centroids(own.tasks, own.means[:, exchanged], shares)
    values, units = measure_repair(model, corpus, repair_split(corpus), centroids, SETTINGS, 1)
    assert len(units) == 60
    return {cell: one[0] for cell, one in values.items() if cell.site == "block.1"}


def cell(control):
    return Cell("block.1", "input", "repair", control, 1.0)


def test_only_the_misassigned_count_and_moving_them_shows_where_clusters_work(working, idle, corpus):
    of_working, of_idle = repaired(working, corpus), repaired(idle, corpus)
    counted = ~np.isnan(of_working[cell("identity")])
    assert 0 < counted.sum() < 60
    assert (of_working[cell("identity")][counted] == 1).all()
    assert (of_working[cell("none")][counted] == 0).all()  # to the centroid of the other, called one's own
    assert (of_working[cell("random_direction")][counted] == 1).all()
    assert (of_idle[cell("none")][counted] == 1).all()


def test_roles_are_nearest_own_and_a_third():
    tasks = np.array([3, 5, 8])
    distances = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0]])
    np.testing.assert_array_equal(_roles(tasks, distances, np.array([5, 3]), 0), [[3, 5, 8], [5, 3, 8]])


def test_who_has_no_centroid_to_go_to_is_not_moved():
    tasks = np.array([3, 5, 8, 9])
    distances = np.array([[1.0, np.inf, 3.0, 4.0], [1.0, 2.0, np.inf, np.inf], [1.0, 2.0, 3.0, np.inf]])
    roles = _roles(tasks, distances, np.array([5, 5, 5]), 0)
    np.testing.assert_array_equal(roles, [[3, 3, 3], [3, 3, 3], [3, 5, 8]])
    stranger = _roles(tasks, distances[2:], np.array([7]), 0)  # of a task that train has not
    np.testing.assert_array_equal(stranger, [[3, 3, 3]])


def test_the_hardest_split_is_repaired(corpus):
    assert repair_split(corpus) == "unseen_instruction"
    held_out = corpus.table.filter(np.array(corpus.table["split"].to_pylist()) != "unseen_instruction")
    assert repair_split(replace(corpus, table=held_out)) == "validation"
    assert repair_split(replace(corpus, table=corpus.of_split("train"))) is None
