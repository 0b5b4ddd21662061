from types import SimpleNamespace

import pytest
import torch

from nucleate.training import precision
from nucleate.training.precision import DEFAULT, Precision, choose_precision, parse_precision

CPU = torch.device("cpu")


class Steps:
    """Each precision takes its own time by a clock that only they move; counts how often it was asked."""

    clock = 0.0

    def __init__(self, seconds):
        self.seconds, self.calls = seconds, 0

    def __call__(self, precision):
        self.calls += 1
        Steps.clock += self.seconds.get(str(precision), 0.004)


@pytest.fixture(autouse=True)
def fresh_cache_and_clock(tmp_path, monkeypatch):
    monkeypatch.setenv("NUCLEATE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(precision, "time", SimpleNamespace(perf_counter=lambda: Steps.clock))
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "a card")


@pytest.mark.parametrize(
    ("seconds", "choice"),
    [
        ({"bfloat16, eager attention": 0.001}, Precision("bfloat16", "eager")),
        ({"float32, eager attention": 0.001}, Precision("float32", "eager")),
        ({"float32, sdpa attention": 0.0036}, DEFAULT),
    ],
)
def test_the_default_is_left_for_a_clear_margin_alone(seconds, choice):
    assert choose_precision(Steps(seconds), CPU, (1,)) == choice


def test_a_hopeless_number_format_is_tried_once():
    asked = []

    def step(candidate):
        asked.append(candidate)
        Steps.clock += 1.0 if candidate.dtype == "bfloat16" else 0.004

    assert choose_precision(step, CPU, (1,)) == DEFAULT
    assert [one.dtype for one in asked].count("bfloat16") == 1
    assert asked.count(DEFAULT) == asked.count(Precision("float32", "eager")) == 7


def test_what_an_accelerator_loads_at_first_use_is_no_time_of_a_step():
    """A GPU's first step loads the device, its first in bfloat16 other kernels: seconds, for steps of 20 ms."""
    used = set()

    def step(candidate):
        loaded = {"bfloat16, sdpa attention": 0.5, str(DEFAULT): 1.5}
        Steps.clock += 0.0 if candidate in used else loaded.get(str(candidate), 0.0)
        Steps.clock += 0.01 if candidate.dtype == "bfloat16" else 0.02
        used.add(candidate)

    assert choose_precision(step, torch.device("cuda"), (1,)) == Precision("bfloat16", "sdpa")


def test_steps_that_an_accelerator_has_only_queued_are_waited_for(monkeypatch):
    """bfloat16 is a sixth faster here, which is no clear margin, whatever was queued before the first timing."""
    queued = []

    def drain():
        Steps.clock += sum(queued)
        queued.clear()

    def step(candidate):
        of = {"float32": 0.024, "bfloat16": 0.020}
        queued.append(of[candidate.dtype] * (1.0 if candidate.attention == "sdpa" else 1.25))

    monkeypatch.setattr("torch.accelerator.is_available", lambda: True)
    monkeypatch.setattr("torch.accelerator.synchronize", drain)
    assert choose_precision(step, torch.device("cuda"), (1,)) == DEFAULT


def test_choices_of_another_procedure_are_not_read(monkeypatch):
    choose_precision(Steps({"bfloat16, eager attention": 0.001}), CPU, (1,))
    monkeypatch.setattr(precision, "_PROCEDURE", precision._PROCEDURE + 1)
    assert choose_precision(Steps({}), CPU, (1,)) == DEFAULT


def test_the_choice_is_remembered_per_shape():
    choose_precision(Steps({"bfloat16, eager attention": 0.001}), CPU, (1, 2))
    again = Steps({"float32, sdpa attention": 0.001})
    assert choose_precision(again, CPU, (1, 2)) == Precision("bfloat16", "eager")
    assert again.calls == 0
    assert choose_precision(again, CPU, (1, 3)) == DEFAULT
    assert again.calls > 0


def test_a_torn_memory_is_made_anew(tmp_path):
    choose_precision(Steps({}), CPU, (1,))
    (file,) = (tmp_path / "cache").iterdir()
    file.write_text("{")
    assert choose_precision(Steps({}), CPU, (1,)) == DEFAULT
    assert '"choice"' in file.read_text()


def test_a_cache_that_cannot_be_written_costs_time_alone(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUCLEATE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert choose_precision(Steps({}), CPU, (1,)) == DEFAULT


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("float32", DEFAULT),
        ("bfloat16-eager", Precision("bfloat16", "eager")),
        ("float32-eager", Precision("float32", "eager")),
    ],
)
def test_precisions_have_names(name, precision):
    assert parse_precision(name) == precision


def test_bfloat16_is_used_where_it_was_chosen_alone():
    layer, x = torch.nn.Linear(4, 4), torch.ones(2, 4)
    for chosen in (DEFAULT, Precision("bfloat16", "eager")):
        with chosen.autocast(CPU):
            assert str(layer(x).dtype) == f"torch.{chosen.dtype}"
    assert layer.weight.dtype == torch.float32
