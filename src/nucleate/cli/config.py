"""`nucleate config`: every setting of a preset, resolved."""

from __future__ import annotations

from nucleate.cli.run import Overrides


def config(preset: str, /, *, set_: Overrides = (), seed: int | None = None) -> int:
    """Print the resolved TOML of a preset: a file to change and run.

    Every setting stands below a comment with what it is, its bounds, and its default where it differs.

    Args:
        preset: A preset's name or a TOML file.
        set_: Change a setting: model.n_layer=4. May be given many times.
        seed: Shorthand for --set seed=N.
    """
    from nucleate.settings.documentation import documented_toml  # noqa: PLC0415 - loads pydantic
    from nucleate.settings.presets import preset_names, preset_summary, resolve  # noqa: PLC0415

    heading = preset_summary(preset) if preset in preset_names() else ""
    print(documented_toml(resolve(preset, set_, seed), heading), end="")
    return 0
