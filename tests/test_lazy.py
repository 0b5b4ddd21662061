"""A stand-in loads its module when something of it is asked for, and says so where there is none."""

import json
import subprocess
import sys

import pytest

from nucleate.lazy import lazy


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
