"""A stand-in loads its module when something of it is asked for, and says so where there is none."""

import json
import subprocess
import sys

import jaxtyping
import pytest

import nucleate.lazy
from nucleate.lazy import Float, lazy


def test_it_gives_what_the_module_has():
    assert lazy("json").loads is json.loads


def test_it_loads_nothing_before():
    code = "import sys; from nucleate.lazy import lazy; one = lazy('wave'); print('wave' in sys.modules); one.open"
    code += "; print('wave' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_what_is_not_installed_is_missed_when_it_is_needed():
    absent = lazy("no_such_library")
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        absent.anything  # noqa: B018


def test_shapes_are_those_of_jaxtyping_where_it_is_loaded():
    assert Float is jaxtyping.Float
    with pytest.raises(AttributeError, match="Floats"):
        nucleate.lazy.Floats  # noqa: B018


def test_where_nobody_checks_shapes_an_array_is_an_array():
    code = "import sys, numpy as np; from nucleate.lazy import Float; print(Float[np.ndarray, ' example'])"
    code += "; print('jaxtyping' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["<class 'numpy.ndarray'>", "False"]
