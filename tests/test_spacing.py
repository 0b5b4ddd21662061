from itertools import pairwise

import pytest

from nucleate.spacing import evenly_spaced


@pytest.mark.parametrize(
    ("n", "expected"), [(0, []), (1, [9]), (2, [0, 9]), (3, [0, 4, 9]), (9, [0, 2, 4, 7, 9])]
)
def test_the_last_comes_first_then_the_first_then_those_between(n, expected):
    assert evenly_spaced([0, 2, 4, 7, 9], n) == expected


@pytest.mark.parametrize(
    ("n", "expected"), [(1, [400]), (2, [0, 400]), (3, [0, 50, 400]), (9, [0, 10, 50, 400])]
)
def test_of_an_even_number_one_of_the_two_in_the_middle_is_taken(n, expected):
    assert evenly_spaced([0, 10, 50, 400], n) == expected


def test_places_are_by_rank_and_not_by_value():
    assert evenly_spaced((0, 2, 5, 10, 23, 50, 100), 3) == [0, 10, 100]


@pytest.mark.parametrize("values", [[], [7]])
def test_few_values_are_all_taken(values):
    assert evenly_spaced(values, 3) == values


@pytest.mark.parametrize("n", range(2, 40))
def test_no_value_is_taken_twice_and_both_ends_are_there(n):
    found = evenly_spaced(range(40), n)
    assert len(set(found)) == n and found == sorted(found)
    assert (found[0], found[-1]) == (0, 39)
    gaps = {b - a for a, b in pairwise(found)}
    assert max(gaps) - min(gaps) <= 1
