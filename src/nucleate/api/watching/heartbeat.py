"""A sign of life where nothing else is said: a log that stands still is told from work that does not.

This module hides the thread that waits, and that it ends with the work.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

SILENCE = 30.0
"""Seconds without a word after which there is one."""


class Heartbeat:
    """From `start` to `stop`, `speak` is called whenever `heard` was not for `silence` seconds."""

    def __init__(self, speak: Callable[[], None], silence: float = SILENCE) -> None:
        self._speak, self._silence = speak, silence
        self._said, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """No word after this one."""
        self._ended.set()
        self._said.set()
        if self._thread.is_alive():
            self._thread.join()

    def heard(self) -> None:
        """Something was said."""
        self._said.set()

    def _beat(self) -> None:
        while not self._ended.is_set():
            if self._said.wait(self._silence):
                self._said.clear()
            else:
                self._speak()
