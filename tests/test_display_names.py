from nucleate.display_names import POSITIONS, say, site_order, site_words


def test_known_names_in_words_and_others_as_they_are():
    assert say(POSITIONS, "input") == "input token"
    assert say(POSITIONS, "my_own") == "my own"


def test_sites_are_named_and_ordered_from_the_bottom_up():
    sites = ["final_norm", "block.10", "embed", "block.9"]
    assert sorted(sites, key=site_order) == ["embed", "block.9", "block.10", "final_norm"]
    assert [site_words(site) for site in sites] == ["final norm", "layer 10", "layer 0", "layer 9"]
