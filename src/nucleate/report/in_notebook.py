"""What a notebook shows of a run: its verdicts and its first figure, or the whole page.

This module hides that a page is shown from its own text, so that it is there wherever the notebook's server
looks.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nucleate.claims.verdicts import ClaimVerdict

_COLORS = {"holds": "#1b7f79", "fails": "#c8553d"}


@dataclass(frozen=True)
class Shown:
    """The page of a run, for a notebook to show.

    Attributes:
        page: where it lies.
        height: of its frame, in pixels.
    """

    page: Path
    height: int = 820

    def _repr_html_(self) -> str:
        text = html.escape(self.page.read_text(encoding="utf-8"), quote=True)
        return (
            f'<iframe srcdoc="{text}" title="{html.escape(self.page.parent.name)}" width="100%" '
            f'height="{self.height}" style="border:1px solid #ccc"></iframe>'
        )


def card(name: str, folder: Path, verdicts: Sequence[ClaimVerdict], figure: Path) -> str:
    """A run in a few lines of HTML: its name and place, a verdict per claim, the figure of its agreement."""
    rows = "".join(
        f"<tr><td>{html.escape(one.claim)}</td>"
        f'<td style="color:{_COLORS.get(one.verdict, "#666")}"><b>{one.verdict}</b></td>'
        f'<td style="text-align:left">{html.escape(one.words)}</td></tr>'
        for one in verdicts
    )
    table = f"<table><tr><th>claim</th><th>verdict</th><th></th></tr>{rows}</table>" if rows else ""
    heading = f"<p><b>{html.escape(name)}</b> <code>{html.escape(str(folder))}</code></p>"
    return f"<div>{heading}{table}{_picture(figure)}</div>"


def _picture(figure: Path) -> str:
    if not figure.is_file():
        return ""
    data = base64.b64encode(figure.read_bytes()).decode()
    return f'<img alt="agreement" style="max-width:100%" width="760" src="data:image/png;base64,{data}">'
