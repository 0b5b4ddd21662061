"""`nucleate config`: every setting of a preset, resolved."""

from __future__ import annotations

from nucleate import api
from nucleate.cli.options import Overrides, WholeNumber


def config(preset: str, /, *, set_: Overrides = (), seed: WholeNumber | None = None) -> int:
    """Print every setting of a preset, as a TOML file to change and run.

    Above each stands what it is, its bounds, and its default where it differs.

    Example: nucleate config quick > mine.toml

    Args:
        preset: A preset's name (see: nucleate presets) or a TOML file.
        set_: Change a setting: model.n_layer=4. May be given many times.
        seed: Shorthand for --set seed=N.
    """
    print(api.config(preset, set_, seed), end="")
    return 0
