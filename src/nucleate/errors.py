"""What can go wrong, as one small tree.

Every error that a user can cause is a `NucleateError` and carries two lines: what was expected and
what came, and how to mend it. The command line prints the two lines and exits with 2; a traceback is
never needed to understand one.
"""

from __future__ import annotations


class NucleateError(Exception):
    """The root: catch this to catch every error that nucleate raises on purpose.

    Attributes:
        what: one line: what was expected and what came instead.
        mend: one line: what to do about it.
    """

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what, mend)
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what}\n{self.mend}"


class ConfigError(NucleateError):
    """A setting is unknown, out of range, or does not go with another one."""


class RunFolderError(NucleateError):
    """A run's folder cannot be written, is another run's, or holds a torn or edited file."""


class CorpusError(NucleateError):
    """A corpus cannot be built as asked, for instance a language smaller than the variants asked."""


class ModelError(NucleateError):
    """A model cannot be built, loaded, or its blocks cannot be found."""


class TrainingError(NucleateError):
    """Training had to stop, for instance on a loss that is not finite."""


class LabelsError(NucleateError):
    """Labels and clusters do not go together, or there are too few examples to score."""


class ScoresError(NucleateError):
    """A row does not fit the Scores table, or a table is not one."""


class ProcessError(NucleateError):
    """A process that did a part of the work did not come to its end."""


class InterventionError(NucleateError):
    """An intervention cannot be made here, or did not do what it must do by construction."""


class NobodyToPairError(InterventionError):
    """A corpus has no two tasks, or no two instances, that an intervention could compare."""


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM arrived; everything finished so far is kept. No library may take it for an error.

    Attributes:
        signal_number: 2 for Ctrl-C, 15 for SIGTERM; the exit code is 128 more.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number


class ComparisonWarning(UserWarning):
    """Runs are compared that were not given the same; what can be told is told all the same."""


class WatchingWarning(UserWarning):
    """Something of a training in somebody else's loop could not be watched; the training goes on."""
