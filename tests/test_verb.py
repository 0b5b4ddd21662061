"""A room whose name is a verb's is a module and a function at once, whatever was imported before."""

import importlib
import inspect

import pytest

import nucleate
from nucleate import api

ROOMS = ("intervene", "report", "sweep", "unseen")


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_is_called_as_the_verb_of_its_name(name, monkeypatch):
    room, verb = importlib.import_module(f"nucleate.{name}"), getattr(api, name)
    assert getattr(nucleate, name) is room
    assert inspect.signature(room) == inspect.signature(verb)
    assert room.__doc__ == verb.__doc__
    given = []
    monkeypatch.setattr(api, name, lambda *one, **named: given.append((one, named)) or "done")
    assert room("runs/quick", observer=None) == "done"
    assert given == [(("runs/quick",), {"observer": None})]


def test_every_public_name_is_there_and_every_verb_is_a_function():
    for name in nucleate.__all__:
        assert getattr(nucleate, name) is not None
    verbs = ["run", "analyze", "score", "intervene", "unseen", "compare", "report", "audit", "sweep"]
    assert all(callable(getattr(nucleate, verb)) for verb in verbs)
    assert set(verbs) <= set(dir(nucleate))
