"""Writes `glossary.md` from the program's own glossary."""

from pathlib import Path

from nucleate.glossary import glossary


def glossary_page() -> str:
    """The whole page, as it should be."""
    parts = ["# Glossary\n\nWritten by `python docs/glossary.py` from `src/nucleate/glossary.toml`.\n"]
    for title, terms in glossary().items():
        rows = "\n".join(f"| `{term}` | {meaning} |" for term, meaning in terms.items())
        parts.append(f"## {title}\n\n| word | meaning |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    (Path(__file__).parent / "glossary.md").write_text(glossary_page(), encoding="utf-8")
