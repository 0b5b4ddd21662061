"""Joined to a Ray cluster, for as long as something is at work there.

This module hides Ray, which is loaded here alone. One that is started here listens to this machine alone;
it holds no state of ours, so what dies with it is lost to nobody: a folder says what is done.
"""

from __future__ import annotations

import importlib
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from nucleate.cluster.settings import RaySettings
from nucleate.errors import ProcessError
from nucleate.processes import n_threads

_IN_FLIGHT = 1000
"""Pieces that are handed over and not seen the end of, at most: so little is in memory here."""
_LOOK_EVERY = 1.0
"""Seconds between looks at a signal that may have come."""
_QUIET = {"log_to_driver": False, "configure_logging": False}
_STORE = 128 * 2**20
"""Bytes of Ray's store of objects: what we hand over is names and settings, and what comes back is small."""


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
    before, constants.ENABLE_RAY_CLUSTER = constants.ENABLE_RAY_CLUSTER, False
    try:
        ray.init(
            address="local",
            num_cpus=n_threads(),
            include_dashboard=False,
            object_store_memory=_STORE,
            **_QUIET,
        )
    finally:
        constants.ENABLE_RAY_CLUSTER = before  # who starts a cluster of their own afterwards gets that one
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
    """Who may run code on a cluster of ours: only those to whom this process gave its token.

    Raises:
        ProcessError: Ray has been loaded without one, and reads it once.
    """
    if "RAY_AUTH_MODE" not in os.environ:
        if sys.modules.get("ray"):
            raise ProcessError(
                "Ray was loaded before it could be given a token, without which others could run code here",
                "Start Python anew and import ray later, or set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN.",
            )
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)


def remote(ray: Any, settings: RaySettings, threads: int, work: Callable[..., Any]) -> Any:
    """`work` as Ray does it, again where its node was lost; workers stay, with the libraries they loaded."""
    resources = {
        "num_cpus": settings.cpus or threads,
        "num_gpus": settings.gpus or None,
        "memory": int(settings.memory_gb * 2**30) or None,
    }
    options = {name: value for name, value in resources.items() if value is not None}
    how = {"max_retries": settings.retries, "max_calls": 0, "scheduling_strategy": "SPREAD"}
    return ray.remote(**how, **options)(work)


def as_they_end(ray: Any, run: Any, arguments: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    """Which argument, and Ray's reference to what came of it, as they come; what is left is called off."""
    in_flight: dict[Any, int] = {}
    waiting = iter(enumerate(arguments))
    try:
        while True:
            for _, (index, argument) in zip(range(_IN_FLIGHT - len(in_flight)), waiting, strict=False):
                in_flight[run.remote(argument)] = index
            if not in_flight:
                return
            ended, _ = ray.wait(list(in_flight), timeout=_LOOK_EVERY)
            for one in ended:
                yield in_flight.pop(one), one
    finally:
        for one in in_flight:
            ray.cancel(one)
