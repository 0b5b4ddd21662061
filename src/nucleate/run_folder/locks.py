"""One process at a time in a folder, and the others are told which one it is.

This module hides the system's own lock, which goes with the process that holds it, however that ends; a
file that stands for it on file systems that have none; and that who holds it is written beside, for people
alone.
"""

from __future__ import annotations

import errno
import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nucleate.errors import RunFolderError
from nucleate.lazy import lazy

if TYPE_CHECKING:
    from filelock import BaseFileLock

filelock = lazy("filelock")

_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


@contextmanager
def held(lock: Path, held_by: Path) -> Iterator[None]:
    """Hold `lock` against other processes.

    Args:
        lock: the file that stands for it.
        held_by: where it is written who holds it.

    Raises:
        RunFolderError: another process holds it, or nothing can be written here.
    """
    taken = _taken(lock, held_by)
    try:
        with suppress(OSError):  # it is for people: a lock that nobody can read of is a lock
            _write(json.dumps(_ourselves()), held_by)
        yield
    finally:
        with suppress(OSError):
            held_by.unlink(missing_ok=True)
        taken.release()


def _taken(lock: Path, held_by: Path) -> BaseFileLock:
    for kind in (filelock.FileLock, filelock.SoftFileLock):
        place = lock if kind is filelock.FileLock else lock.with_name(f"{lock.name}-file")
        one = kind(place, timeout=0)
        try:
            one.acquire()
            return one
        except filelock.Timeout:
            raise RunFolderError(
                f"another process is at work in {lock.parent}{_who(held_by)}",
                "Wait for it to end, or choose another folder.",
            ) from None
        except OSError as error:
            if kind is filelock.SoftFileLock or error.errno not in _NO_LOCKS:
                raise RunFolderError(
                    f"cannot lock {place}: {error.strerror or error}", "Choose another folder with --out."
                ) from error
    raise AssertionError("the second kind is taken or raises")


def _write(text: str, path: Path) -> None:
    """A link is not followed: the folder may be somebody else's."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o644), "w", encoding="utf-8") as file:
        file.write(text)


def _ourselves() -> dict[str, str | int]:
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return {"process": os.getpid(), "host": socket.gethostname(), "since": since, "command": command}


def _who(held_by: Path) -> str:
    try:
        one = json.loads(held_by.read_text(encoding="utf-8"))
        return f": process {int(one['process'])} on {one['host']!s:.80}, since {one['since']!s:.40}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
