"""Writes `settings.md`, every setting with its default and bounds, and the JSON schema that editors read."""

from collections.abc import Iterator
from pathlib import Path

from nucleate.settings.documentation import Explained, json_schema, schema_file, tables_of
from nucleate.settings.presets import AnalysisSettings, ExperimentSettings

HEAD = """# Settings

Written by `python docs/settings.py` from the settings themselves. `nucleate config PRESET` prints those of a
preset, with these explanations as comments; a key is written `table.setting` after `--set`, such as
`--set training.steps=800`.

An editor that knows TOML schemas (Even Better TOML, taplo) completes and checks a file that begins with the
line `#:schema FILE`; `nucleate config` prints it with the place of the installed schema.
"""
RUN = """# Of a run

`nucleate run`, `corpus`, `config`; a file of these is what `nucleate run FILE.toml` reads.
"""
ANALYSIS = """# Of an analysis

`nucleate analyze`; its other tables are those of a run.
"""


def settings_page() -> str:
    """The whole page, as it should be."""
    of_run, of_analysis = list(_sections(ExperimentSettings)), list(_sections(AnalysisSettings))
    only_there = [section for section in of_analysis if section not in of_run]
    return "\n".join([HEAD, RUN, *of_run, ANALYSIS, *only_there])


def _sections(model: type) -> Iterator[str]:
    for name, kind, settings in tables_of(model):
        words = " ".join((kind.__doc__ or "").split())
        title = f"`[{name}]`" if name else "At the top of the file"
        yield f"## {title}\n\n{words}\n\n{_table(settings)}\n"


def _table(settings: list[Explained]) -> str:
    head = "| setting | what | allowed | default |\n|---|---|---|---|"
    rows = [f"| `{one.name}` | {one.description} | {one.allowed} | {_default(one)} |" for one in settings]
    return "\n".join([head, *rows])


def _default(one: Explained) -> str:
    return f"`{one.default}`" if one.default else "must be given"


if __name__ == "__main__":
    (Path(__file__).parent / "settings.md").write_text(settings_page(), encoding="utf-8")
    schema_file().write_text(json_schema(ExperimentSettings), encoding="utf-8")
