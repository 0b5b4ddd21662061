"""A process that has loaded the program once, and forks a child for every trial.

A trial is a real process that is killed for real; only the loading of libraries is shared. Figures, which take
most of a small run and none of its risks, are drawn as files of the same kinds with nothing on them; so is the
page, where a trial asks for that (`plain`): where it is damages that are to be found, it is the real one. A trial
can ask for the real figures too (`drawn`).

Run by `trial.Forge`, with the shim preloaded: a line of JSON in, a line of JSON out.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import tempfile
import traceback
from contextlib import contextmanager
from pathlib import Path

import nucleate.experiment  # noqa: F401 - what every trial would load
from nucleate.cli.main import main
from nucleate.stages import showing
from nucleate.stages.context import FolderContext
from tests.undrawn import draw_nothing

draw_figures = showing.draw_figures

_MODES = {"count": 0, "kill": 1, "tear": 2, "fail": 3, "full": 4, "terminate": 5, "watch": 6}


def page_of_digests(folders):
    """Stands for the page: every file that it could be made from, with its digest."""
    stages = [entry for folder in folders for entry in folder.manifest["stages"].values()]
    return "\n".join(json.dumps(entry.get("outputs")) for entry in stages)


class Enough(BaseException):
    """The stage that was wanted is finished."""


def stop_after(wanted):
    """Let the program end where a stage has ended, or was found to be done."""
    stage = FolderContext.stage

    @contextmanager
    def until(context, name, *inputs, **how):
        with stage(context, name, *inputs, **how) as is_due:
            yield is_due
        if name == wanted:
            raise Enough

    FolderContext.stage = until


def run_child(request, shim):
    """Never returns: one command of the program under the fault that is asked for."""
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC) if request.get("log") else -1
    code = 99
    try:
        root = request["root"].encode()
        if request["answers"]:
            shim.shim_answers(os.open(request["answers"], os.O_RDONLY))
        shim.shim_arm(root, _MODES[request["mode"]], ctypes.c_long(request["number"]), log)
        if request["plain"]:
            showing.build_page = page_of_digests
        if request["drawn"]:
            showing.draw_figures = draw_figures
        if request["until"]:
            stop_after(request["until"])
        try:
            code = main(request["arguments"])
        except Enough:
            code = 0
        sys.stdout.flush()
        Path(request["output"] + ".done").write_text(str(shim.shim_done()))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def serve(warm_up):
    """Answers trials until the input ends."""
    shim = ctypes.CDLL(None)
    shim.shim_done.restype = ctypes.c_long
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    showing.draw_figures = draw_nothing
    with tempfile.TemporaryDirectory() as folder:
        main([*warm_up, "--out", f"{folder}/run"])
    gc.collect()
    gc.freeze()  # a child that collects garbage would otherwise copy all that is loaded
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            run_child(request, shim)
        print(child, file=answers, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1:])
