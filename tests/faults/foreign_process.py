"""Loads each folder of a folder as a stranger's model, each in a process of its own, and says what happened.

`python -m tests.faults.foreign_process FOLDER` prints a line of JSON for each: what came of it, what was opened or
run or asked for outside the folder, and how much memory it took on top. A process is forked when all libraries
are loaded, so that a trial takes a hundredth of a second.
"""

import json
import os
import resource
import signal
import sys
import sysconfig
from pathlib import Path

from nucleate.errors import NucleateError
from nucleate.models.loading import load_model, load_tokenizer

SECONDS = 20
_OUR_OWN = tuple(
    str(Path(one).resolve())
    for one in (
        sysconfig.get_paths()["stdlib"],
        sysconfig.get_paths()["purelib"],
        Path(__file__).parents[2] / "src",
    )
)
_SYSTEM = (
    "/proc/",
    "/sys/",
    "/dev/null",
    "/dev/urandom",
    "/etc/ld.so",
    "/usr/lib",
    "/lib",
    str(Path(sys.base_prefix).resolve()),
)
_RUNS = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "subprocess.Popen",
    "socket.connect",
    "socket.getaddrinfo",
    "urllib.Request",
)


def main(place: Path) -> None:
    for folder in sorted(place.iterdir()):
        print(json.dumps({"name": folder.name, **_tried_apart(folder)}), flush=True)


def _tried_apart(folder: Path) -> dict:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        signal.alarm(SECONDS)
        os.environ["TMPDIR"] = str(folder)
        with os.fdopen(writing, "w") as file:
            json.dump(_tried(folder), file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        said = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return (
        json.loads(said) if said else {"outcome": "hung" if status == -signal.SIGALRM else f"died ({status})"}
    )


def _tried(folder: Path) -> dict:
    touched: list[str] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    subject = next(iter(folder.glob("*.gguf")), folder)

    def watch(event: str, arguments: tuple) -> None:
        if event in _RUNS:
            touched.append(f"{event} {arguments[0]!r}"[:200])
        if event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith((str(folder.resolve()), *_OUR_OWN, *_SYSTEM)):
                touched.append(f"open {path}")

    sys.addaudithook(watch)
    outcome, said = "loaded", ""
    try:
        load_model(subject)
        load_tokenizer(subject)
    except NucleateError as error:
        outcome, said = "refused", error.what
    except BaseException as error:
        outcome, said = "traceback", f"{type(error).__name__}: {error}"[:300]
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"outcome": outcome, "said": said, "touched": touched, "megabytes": round(megabytes)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
