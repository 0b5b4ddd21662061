"""Each part of a run, as it was made."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import nucleate
from nucleate.errors import ConfigError, RunFolderError


def test_every_part_is_there(made):
    assert len(made.table) > 100
    assert made.corpus.table.num_rows > 0
    assert {one.claim for one in made.verdicts} == {one.claim for one in made.judge()}
    assert made.claim_settings == made.settings.claims
    assert made.training_steps == 4


def test_a_run_without_interventions_has_no_readings(made):
    assert made.readings() == []


def test_changed_settings_are_looked_at_and_nothing_is_written(made):
    before = made.folder.config_toml.read_bytes()
    assert made.settings_with({"claims.factor": "input"}).claims.factor == "input"
    with pytest.raises(ConfigError, match=r"claims\.factr"):
        made.settings_with(["claims.factr=input"])
    assert made.folder.config_toml.read_bytes() == before


def test_edited_settings_are_refused(own, made):
    path = own / "config.toml"
    path.write_text(path.read_text().replace("steps = 4", "steps = 5"))
    with pytest.raises(RunFolderError, match="was edited"):
        type(made)(type(made.folder).open(own)).claim_settings  # noqa: B018 - it is read


def test_tables_are_frames_with_the_rows_that_were_written(made):
    assert len(made.scores) == len(made.table)
    assert (
        made.scores.query("metric == 'accuracy' and split == 'train' and step == 4")["value"]
        .between(0, 1)
        .all()
    )
    assert {"onset", "half_rise"} <= set(made.emergence.columns) and len(made.emergence)
    assert set(made.unseen["method"]) >= {"nearest_centroid", "model"}
    both = made.claims[["claim", "position", "verdict"]].to_numpy().tolist()
    assert both == [[one.claim, one.position, one.verdict] for one in made.verdicts]
    with pytest.raises(RunFolderError, match="no finished intervene"):
        made.interventions  # noqa: B018 - it is read


def test_projections_are_a_row_per_point_of_each_picture(made):
    points = made.projections
    one = points[(points["embedding"] == "pca") & (points["step"] == 4) & (points["site"] == "block.1")]
    assert one["point"].tolist() == list(range(len(one)))
    assert np.isfinite(one[["x", "y"]].to_numpy()).all()
    assert set(one["split"]) <= set(made.corpus.table["split"].to_pylist())


def test_states_and_models_of_a_step_are_those_that_were_scored(made):
    states, model = made.hidden_states(0), made.model(0)
    assert (states.step, states.sites[0], states.positions) == (0, "embed", ("last_instruction",))
    rows = made.scores.query("metric == 'accuracy' and control == 'none' and split == 'train' and step == 4")
    right = made.hidden_states(4).of_split("train").right
    assert (right.mean(), len(right)) == (pytest.approx(rows["value"].item()), rows["n_examples"].item())
    assert states.states.shape[-1] == model.config.n_embd == made.settings.model.n_embd
    assert made.hidden_states().step == 4
    with pytest.raises(RunFolderError, match="no checkpoint of step 3"):
        made.model(3)


@pytest.mark.parametrize("name", ["emergence", "profile", "atlas", "order", "unseen"])
def test_a_figure_is_drawn_on_axes_that_are_handed_in(made, name):
    figure, (first, second) = plt.subplots(1, 2)
    assert getattr(made, f"plot_{name}")(second) is second
    assert second.has_data() and not first.has_data()
    plt.close(figure)


def test_curves_on_own_axes_are_the_scores(made):
    figure, axes = plt.subplots()
    plt.sca(axes)
    drawn = made.plot_emergence(split="train", metric="ari")
    assert drawn is axes
    own = made.scores.query(
        "metric == 'ari' and method == 'kmeans' and control == 'none' and factor == 'task' and split == 'train' "
        "and site == 'block.2' and preparation == 'raw'"
    ).sort_values("step")
    assert any(np.array_equal(line.get_ydata(), own["value"]) for line in axes.lines)
    with pytest.raises(nucleate.NucleateError, match="nothing was scored of position=nowhere"):
        made.plot_emergence(axes, position="nowhere")
    plt.close(figure)


def test_a_notebook_shows_verdicts_and_page(made, monkeypatch):
    shown = made._repr_html_()
    assert "made" in shown and "data:image/png;base64," in shown
    assert all(f">{one.claim}<" in shown for one in made.verdicts)
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert "<iframe srcdoc=" in made.show()._repr_html_()
    assert opened == [made.folder.report.resolve().as_uri()]
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    made.show()
    assert len(opened) == 1, "a notebook has the page below the cell"
