import pandas as pd
import pytest

from nucleate.errors import ScoresError
from nucleate.intervene.outcomes.effects import SCHEMA, Effect, read_effects, write_effects

EFFECT = Effect(
    run="r", model="m", seed=1, step=2, split="validation", position="input", site="final_norm", layer=None,
    intervention="shift", control="none", strength=1.0, metric="kl", n_examples=3, value=0.5, ci_low=None, ci_high=0.75,
)  # fmt: skip


def test_effects_round_trip(tmp_path):
    write_effects([EFFECT], tmp_path / "effects.parquet")
    frame = read_effects(tmp_path / "effects.parquet")
    assert list(frame.columns) == SCHEMA.names
    assert frame["layer"].dtype == pd.Int64Dtype()
    assert frame["layer"].isna().all()
    assert frame.loc[0, "value"] == 0.5


def test_another_file_is_refused(tmp_path):
    (tmp_path / "effects.parquet").write_text("no table")
    with pytest.raises(ScoresError, match="not a table of interventions"):
        read_effects(tmp_path / "effects.parquet")
