"""What a run draws on Axes that are handed in, or on matplotlib's current ones.

This module hides that a picture is drawn only of what was scored. matplotlib is loaded when one is asked
for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nucleate.claims.evidence import Evidence
    from nucleate.run_folder.folder import RunFolder
    from nucleate.view import View


class Plots:
    """The pictures of a run, each on Axes of its own."""

    if TYPE_CHECKING:
        folder: RunFolder

        @property
        def evidence(self) -> Evidence: ...

    def plot_emergence(self, ax: Axes | None = None, **view: str) -> Axes:
        """Agreement over steps, a line per layer, over its controls.

        Args:
            ax: where to draw; the current Axes of matplotlib where it is not given.
            view: what to look at instead of where the claims are judged: `position`, `factor`, `split`,
                `preparation`, `metric`; as for all that are drawn.
        """
        from nucleate.figures.clusters.emergence import draw_emergence

        return self._draw(draw_emergence, ax, view)

    def plot_profile(self, ax: Axes | None = None, **view: str) -> Axes:
        """Agreement with every factor, layer by layer, of runs that have one step."""
        from nucleate.figures.clusters.profile import draw_profile

        return self._draw(draw_profile, ax, view)

    def plot_atlas(self, ax: Axes | None = None, **view: str) -> Axes:
        """Agreement of one factor at one position: layer by step."""
        from nucleate.figures.clusters.atlas import draw_atlas

        return self._draw(draw_atlas, ax, view)

    def plot_order(self, ax: Axes | None = None, **view: str) -> Axes:
        """When agreement with each factor rises at one position, layer by layer."""
        from nucleate.figures.clusters.order import draw_order

        return self._draw(draw_order, ax, view)

    def plot_unseen(self, ax: Axes | None = None) -> Axes:
        """Right assignment and right answers on unseen instances, over training."""
        from nucleate.figures.answers.unseen import draw_unseen

        self.folder.require("unseen")
        unseen = self.evidence.unseen
        assert unseen is not None, "it was required"
        axes = _axes(ax)
        draw_unseen(axes, unseen)
        return axes

    def plot_causes(self, ax: Axes | None = None) -> Axes:
        """What answers become when states are moved, place by place."""
        from nucleate.figures.answers.causes import draw_causes

        self.folder.require("intervene")
        effects = self.evidence.effects
        assert effects is not None, "it was required"
        axes = _axes(ax)
        draw_causes(axes, self.evidence.scores, effects, self.evidence.view)
        return axes

    def _draw(self, draw: Any, ax: Axes | None, asked: Mapping[str, str]) -> Axes:
        from dataclasses import replace

        view = replace(self.evidence.view, **asked)
        self._refuse_unscored(view)
        axes = _axes(ax)
        draw(axes, self.evidence.scores, view)
        return axes

    def _refuse_unscored(self, view: View) -> None:
        from nucleate.errors import ScoresError

        if not len(view.rows(self.evidence.scores)):
            asked = ", ".join(f"{name}={value}" for name, value in vars(view).items())
            raise ScoresError(f"nothing was scored of {asked}", "See the columns of Run.scores.")


def _axes(given: Axes | None) -> Axes:
    import matplotlib.pyplot as plt

    return plt.gca() if given is None else given
