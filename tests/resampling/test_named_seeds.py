from nucleate.resampling.named_seeds import seed_of


def test_a_purpose_has_a_seed_of_its_own_the_same_on_every_machine():
    assert seed_of(1, "train", "input") == seed_of(1, "train", "input")
    assert len({seed_of(1, "a"), seed_of(2, "a"), seed_of(1, "b"), seed_of(1, "a", 3)}) == 4
    assert seed_of(1, "train") == GOLDEN


GOLDEN = 17120756864362776431
