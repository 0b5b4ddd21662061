"""Rooms that work on arrays start without the libraries that work on models."""

import subprocess
import sys

HEAVY = {"torch", "transformers"}
ROOMS = (
    "nucleate.kmeans.kmeans",
    "nucleate.metrics.label_geometry",
    "nucleate.metrics.probe",
    "nucleate.metrics.rand_index",
    "nucleate.resampling.half_samples",
    "nucleate.resampling.intervals",
    "nucleate.scoring.controls",
    "nucleate.scoring.score_states",
)


def test_clustering_and_scoring_need_neither_torch_nor_transformers():
    program = f"import sys, {', '.join(ROOMS)}\nprint(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
