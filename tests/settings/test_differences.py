"""Settings that differ are named, and those that an older version had not are told as not set."""

from nucleate.settings.differences import what_differs


def test_values_and_missing_settings_are_named():
    there = "seed = 1\n[training]\nsteps = 5\n"
    here = "seed = 2\n[training]\nsteps = 5\nschedule = 'cosine'\n"
    assert (
        what_differs(there, here)
        == "seed is 1 there and 2 here; training.schedule is not set there and 'cosine' here"
    )
    assert (
        what_differs(here, there)
        == "seed is 2 there and 1 here; training.schedule is 'cosine' there and not set here"
    )


def test_of_many_four_are_named_and_long_values_cut():
    there, here = ("".join(f"k{i} = {i + more}\n" for i in range(9)) for more in (0, 1))
    told = what_differs(there, here)
    assert told.startswith("k0 is 0 there and 1 here; ") and told.endswith(
        "k3 is 3 there and 4 here; 5 more differ"
    )
    assert len(what_differs("a = 1", f"a = '{'x' * 500}'")) < 100


def test_the_same_values_in_another_order_are_no_other_settings_but_other_bytes():
    assert what_differs("a = 1\nb = 2\n", "b = 2\na = 1\n") == "they are written in another way"
