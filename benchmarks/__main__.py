"""`python -m benchmarks`: measure everything, or `--only` some parts, print it, and write it as JSON.

The ceilings come first and once more at the end: the machine drifts, and the two say how far. What was
measured is written after every part, so that a broken-off run keeps what it has; a part that fails is told
with its traceback, the others go on, and the exit code is 1.

Minutes that parts take on two quiet cores without bfloat16 units: {MINUTES}.
`process` makes a run that `starts`, `tsne` and `page` use; alone each makes it first, five minutes more.
How long `make test` takes in a fresh clone is nothing that a benchmark can run within itself: the journal
(docs/journal.md) has it, whenever it was timed.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))  # as many for all, peers included
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# What libraries have to say would stand in the middle of the table.
os.environ.setdefault("KINETO_LOG_LEVEL", "99")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")

from benchmarks.measuring import Findings
from benchmarks.printing import print_reach, print_rows

if TYPE_CHECKING:
    from benchmarks.setup import Setup

MINUTES = {
    "process": 9,
    "starts": 1,
    "training": 3,
    "kmeans": 2,
    "intervals": 1,
    "tsne": 2,
    "small_capture": 2,
    "capture": 9,
    "page": 1,
    "sweeps": 5,
    "growth": 12,
}
PARTS = tuple(MINUTES)
RESULTS = Path(__file__).parent / "results" / "bench.json"


def main() -> None:
    minutes = ", ".join(f"{part} {number}" for part, number in MINUTES.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=(__doc__ or "").replace("{MINUTES}", f"{minutes}; {sum(MINUTES.values())} in all"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes: proves that it runs, measures nothing"
    )
    parser.add_argument(
        "--whole", action="store_true", help="the peer pipeline runs to its end: a quarter of an hour more"
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON goes")
    parser.add_argument("--work", type=Path, help="keep the runs here; else they are thrown away")
    chosen = parser.parse_args()
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nucleate-bench-") as temporary:
        work = (chosen.work or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        failed = measure(chosen, work)
    print(f"\n{chosen.out}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def measure(chosen: argparse.Namespace, work: Path) -> list[str]:
    """Returns: the parts that failed."""
    from benchmarks.setup import FULL, QUICK, Setup  # noqa: PLC0415 - after the threads were settled

    setup = Setup(QUICK if chosen.quick else FULL, chosen.whole, work)
    document: dict[str, Any] = {
        "machine": machine(),
        "quick": chosen.quick,
        "whole": chosen.whole,
        "parts": {},
    }
    reached: dict[str, Any] = {}
    failed: list[str] = []
    print(", ".join(f"{name} {value}" for name, value in document["machine"].items()))
    for name in ("ceilings", *(part for part in PARTS if part in chosen.only), "ceilings at the end"):
        findings, seconds, wrong = measure_part(name, setup)
        if wrong:
            failed.append(name)
            print(f"\n{name} failed after {seconds:.0f} s\n{wrong}")
        else:
            print_rows(name, seconds, findings.rows)
        reached |= findings.reached
        rows = [{**vars(row), **_numbers(row)} for row in findings.rows]
        document["parts"][name] = {"seconds": seconds, "rows": rows, "failed": wrong}
        document["reach"] = print_reach(reached, show=name == "ceilings at the end")
        chosen.out.write_text(json.dumps(document, indent=1) + "\n")
        sys.stdout.flush()
    return failed


def measure_part(name: str, setup: Setup) -> tuple[Findings, float, str]:
    """Each part is imported when its turn comes: one without its peers installed stops no other.

    Returns: what was found, seconds, and the traceback where it failed.
    """
    begun, findings, wrong = time.perf_counter(), Findings(), ""
    try:
        findings = importlib.import_module(f"benchmarks.{name.partition(' ')[0]}").measure(setup)
    except Exception:
        wrong = traceback.format_exc()
    return findings, time.perf_counter() - begun, wrong


def _numbers(row: Any) -> dict[str, Any]:
    return {
        "measured": row.measured.values,
        "median": row.measured.median,
        "times_ours": row.times_ours and row.times_ours.values,
    }


def machine() -> dict[str, Any]:
    """What figures depend on, beside the program."""
    import platform  # noqa: PLC0415

    import torch  # noqa: PLC0415

    packages = ("torch", "transformers", "accelerate", "scikit-learn", "faiss-cpu", "openTSNE", "numpy")
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": torch.get_num_threads(),
        "load before": round(os.getloadavg()[0], 2),
        "Python": platform.python_version(),
        **{name: _version(name) for name in packages},
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


if __name__ == "__main__":
    main()
