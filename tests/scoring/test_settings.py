import pytest
from pydantic import ValidationError

from nucleate.scoring.settings import ScoringSettings


def test_more_clusters_get_fewer_starts_but_never_less_than_two():
    settings = ScoringSettings(n_init=10)
    assert [settings.starts(k) for k in (2, 20, 40, 1000)] == [10, 10, 5, 2]
    assert ScoringSettings(n_init=1).starts(1000) == 1


def test_milestones_take_the_costly_figures_too_and_each_method_once():
    settings = ScoringSettings(
        metrics=("ari",), milestone_metrics=("ami",), milestone_methods=("kmeans", "ward")
    )
    assert settings.metrics_at(False) == ("ari",)
    assert settings.metrics_at(True) == ("ari", "ami")
    assert settings.methods_at(True) == ("kmeans", "ward")


def test_pictures_are_of_positions_that_are_scored():
    with pytest.raises(ValidationError, match="tsne_positions has 'input'"):
        ScoringSettings(tsne=True, positions=("last_instruction",), tsne_positions=("input",))
