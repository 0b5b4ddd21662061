"""A sweep on a Ray cluster: one task for every training, wherever there is room.

What is hidden: Ray, which is loaded here alone. It holds no state of ours: a driver that dies takes nothing
with it, a node that is lost leaves its points to others, and the folder says what is done.
"""

from __future__ import annotations

import importlib
import os
import secrets
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nucleate.errors import ProcessError
from nucleate.processes import n_threads
from nucleate.sweep.grid import Point
from nucleate.sweep.points import run_task
from nucleate.sweep.progress import SweepObserver
from nucleate.sweep.sweep_file import RaySettings, SweepFile
from nucleate.sweep.sweep_folder import SweepFolder
from nucleate.sweep.tasks import Outcome, Task, tasks_of

_IN_FLIGHT = 1000
"""Tasks that the driver has handed over and not seen the end of, at most: it then needs little memory."""
_QUIET = {"log_to_driver": False, "configure_logging": False}
_STORE = 128 * 2**20
"""Bytes of Ray's store of objects: what we hand over is settings, and what comes back is a line."""
_LOOK_EVERY = 1.0
"""Seconds between looks at a signal that may have come."""


def run_on_ray(
    folder: SweepFolder, points: Sequence[Point], file: SweepFile, observer: SweepObserver
) -> Iterator[Outcome]:
    """What becomes of every point, as it comes.

    Raises:
        ProcessError: Ray is not installed, or there is no cluster at the address.
        Interrupted: by Ctrl-C; the tasks are told to save what they have in hand.
    """
    threads = file.local.threads or folder.threads() or 1
    folder.settle_threads(threads)
    with connected(file.ray) as ray:
        run = _remote(ray, file.ray, threads)
        cpus = file.ray.cpus or threads
        observer.on_workers(max(1, int(ray.cluster_resources().get("CPU", 0) // cpus)), threads)
        yield from _run_all(ray, run, tasks_of(points, folder.root, file.keep, threads))


@contextmanager
def connected(settings: RaySettings) -> Iterator[Any]:
    """Ray, joined to a cluster, or to one that is started here.

    One of ours listens to this machine alone and to who has its token, has no dashboard and sends no usage
    statistics. Signals stay ours.

    Raises:
        ProcessError: Ray is not installed, or there is no cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if not settings.address:
        _require_a_token()
    ray = _ray()
    handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        if settings.address:
            ray.init(address=settings.address, **_QUIET)
        else:
            _start_on_loopback(ray)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ProcessError(
            f"no Ray cluster at {settings.address or 'this machine'}: {str(error).splitlines()[0]}",
            "Look at ray.address, and at the cluster's token (RAY_AUTH_MODE, RAY_AUTH_TOKEN).",
        ) from error
    try:
        for one, handler in handlers.items():
            signal.signal(one, handler)
        yield ray
    finally:
        ray.shutdown()


def _start_on_loopback(ray: Any) -> None:
    """Ray takes the outer address of a machine even where 127.0.0.1 is asked for, unless told otherwise."""
    constants: Any = importlib.import_module("ray._private.ray_constants")
    constants.ENABLE_RAY_CLUSTER = False
    ray.init(num_cpus=n_threads(), include_dashboard=False, object_store_memory=_STORE, **_QUIET)
    addresses = [node["NodeManagerAddress"] for node in ray.nodes()]
    if addresses != ["127.0.0.1"]:
        ray.shutdown()
        raise ProcessError(
            f"this version of Ray listens at {', '.join(addresses)}, not at this machine alone",
            "Start a cluster as you see fit, with a token, and name it: [ray] address.",
        )


def _ray() -> Any:
    try:
        return importlib.import_module("ray")
    except ModuleNotFoundError:
        raise ProcessError("Ray is not installed", "Install it: pip install 'nucleate[ray]'") from None


def _require_a_token() -> None:
    """Who may run code on a cluster of ours: only those to whom this process gave its token."""
    if "RAY_AUTH_MODE" not in os.environ:
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)


def _remote(ray: Any, settings: RaySettings, threads: int) -> Any:
    """`run_task` as Ray runs it. Its workers are kept: each loads its libraries once."""
    resources = {
        "num_cpus": settings.cpus or threads,
        "num_gpus": settings.gpus or None,
        "memory": int(settings.memory_gb * 2**30) or None,
    }
    options = {name: value for name, value in resources.items() if value is not None}
    how = {"max_retries": settings.retries, "max_calls": 0, "scheduling_strategy": "SPREAD"}
    return ray.remote(**how, **options)(_run)


def _run(task: dict[str, Any]) -> list[Outcome]:
    return [outcome for outcome in run_task(Task.from_json(task)) if outcome.status != "begins"]


def _run_all(ray: Any, run: Any, tasks: Sequence[Task]) -> Iterator[Outcome]:
    in_flight: dict[Any, Task] = {}
    waiting = iter(tasks)
    try:
        while True:
            for task in _next(waiting, _IN_FLIGHT - len(in_flight)):
                in_flight[run.remote(task.to_json())] = task
            if not in_flight:
                return
            ended, _ = ray.wait(list(in_flight), timeout=_LOOK_EVERY)
            for one in ended:
                yield from _outcomes(ray, one, in_flight.pop(one))
    finally:
        for one in in_flight:
            ray.cancel(one)


def _outcomes(ray: Any, ended: Any, task: Task) -> list[Outcome]:
    """What a task says, or that it was lost more often than it may be."""
    try:
        return list(ray.get(ended))
    except ray.exceptions.RayError as error:
        what = str(error).strip().splitlines()[0]
        return [Outcome(name, "failed", error=f"{type(error).__name__}: {what}") for name, _ in task.points]


def _next(waiting: Iterator[Task], n: int) -> list[Task]:
    return [task for _, task in zip(range(n), waiting, strict=False)]
