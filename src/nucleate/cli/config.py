"""`nucleate config`: every setting of a preset, resolved."""

from __future__ import annotations

from nucleate.cli.run import Overrides


def config(preset: str, /, *, set_: Overrides = (), seed: int | None = None) -> int:
    """Print the resolved TOML of a preset: a file to change and run.

    Args:
        preset: A preset's name or a TOML file.
        set_: Change a setting: model.n_layer=4. May be given many times.
        seed: Shorthand for --set seed=N.
    """
    from nucleate.settings.presets import resolve  # noqa: PLC0415 - loads torch; --help must not

    print(resolve(preset, set_, seed).to_toml(), end="")
    return 0
