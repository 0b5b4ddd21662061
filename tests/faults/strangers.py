"""What is promised of models, prompts and pages that come from strangers, tried and counted."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np

from nucleate import api
from nucleate.capture.hidden_states import HiddenStates
from nucleate.corpus.prompts.files.label_spelling import merged
from nucleate.corpus.prompts.files.prompt_files import read_prompts
from nucleate.corpus.prompts.files.prompt_lines import how_read
from nucleate.errors import NucleateError
from nucleate.scores import RunTag
from nucleate.scoring.score_states import score_states
from nucleate.scoring.settings import ScoringSettings
from nucleate.settings.presets import resolve
from tests.faults.outcome import Outcome
from tests.faults.strangers_models import LOADS, make, small_gpt2_with_tokens

ROOT = Path(__file__).parents[2]
CHEAP = (
    "scoring.n_init=1", "scoring.n_init_settled=1", "scoring.n_resamples=3", "scoring.milestones=1", "pictures.tsne=false",
    "model.untrained=false",
)  # fmt: skip
MOST_MEGABYTES = 300
"""What refusing a folder may take on top of the libraries: a tenth of what a small model takes."""


def models_run_and_reach_nothing(place: Path, every: int = 1) -> Outcome:
    """A stranger's model runs nothing, reaches nothing outside its folder, takes no memory, and is said in words."""
    outcome = Outcome()
    names = {name.replace("/", "-"): name for name in make(place / "all", every)}
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "OMP_NUM_THREADS": "1"}
    environment.pop("HF_HUB_OFFLINE", None)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.faults.foreign_process", str(place / "all")],
        cwd=place, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for line in done.stdout.splitlines():
        said = json.loads(line)
        name = names[said["name"]]
        outcome.count(name.split("/")[0], name, _wrong(name, said))
    assert sum(outcome.tried.values()) == len(names)
    if (place / "owned").exists() or list((place / "all").glob("*/owned")):
        outcome.wrong.append("code of a stranger ran")
    return outcome


def _wrong(name: str, said: dict) -> list[str]:
    expected = "loaded" if name in LOADS else "refused"
    wrong = (
        [f"{said['outcome']}: {said.get('said', '')}"] if said["outcome"] not in ("loaded", "refused") else []
    )
    if (
        not wrong and said["outcome"] != expected and not name.startswith("gguf/")
    ):  # a flipped value is a value
        wrong.append(f"was {said['outcome']} and should be {expected}")
    if said["outcome"] == "refused" and not said["said"].strip():
        wrong.append("refused without a word")
    wrong += [f"touched {one}" for one in said.get("touched", [])]
    if said.get("megabytes", 0) > MOST_MEGABYTES:
        wrong.append(f"took {said['megabytes']} MB")
    return wrong


_JSONL = [
    {"prompt": "Two and two is", "answer": "four", "task": "sum", "level": 3},
    {
        "instruction": "Capital of",
        "input": "\u00d6sterreich",
        "task": "capital",
        "id": "a",
        "split": "validation",
    },
]
_PIECES = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\\", b"{", b"}", b"[", b",", b";", b"\t", b"\r", b"\n", b"\xe2\x80\xa8",
    b"\\ud800", b"NaN", b"1e999", b"-0", b"null", b"[" * 2000, b'"prompt"', b"prompt,prompt", b"9" * 5000, b"x" * 200_000,
]  # fmt: skip
_TOML = (
    "seed = 1\n[model]\nn_layer = 2\n[training]\nsteps = 4\nlearning_rate = 1e-3\n[scoring]\nn_tasks = 2\n"
)


def tables_are_named_where_they_are_wrong(place: Path, trials: int = 3000, seed: int = 0) -> Outcome:
    """Prompts and settings with pieces put in, cut out and doubled are read, or refused with file and place."""
    outcome, random = Outcome(), np.random.default_rng(seed)
    csv = b'prompt,answer,task\nTwo and two is,four,sum\n"a, b",c,"d""e"\n'
    sound = {
        "jsonl": "\n".join(map(json.dumps, _JSONL)).encode(),
        "csv": csv, "tsv": csv.replace(b",", b"\t"), "toml": _TOML.encode(),
    }  # fmt: skip
    for number in range(trials):
        kind = list(sound)[number % len(sound)]
        file = place / f"t.{kind}"
        file.write_bytes(_harmed(sound[kind], random))
        outcome.count(kind, f"{kind} {number}", _reading(file))
    return outcome


def _harmed(raw: bytes, random: np.random.Generator) -> bytes:
    for _ in range(random.integers(1, 4)):
        at, to = sorted(random.integers(0, len(raw) + 1, 2).tolist())
        piece = _PIECES[random.integers(len(_PIECES))]
        raw = [
            raw[:at] + piece + raw[at:],
            raw[:at] + raw[to:],
            raw[:to] + raw[at:],
            raw[:at] + piece + raw[to:],
        ][random.integers(4)]
    return raw


def _reading(file: Path) -> list[str]:
    try:
        if file.suffix == ".toml":
            resolve(str(file))
        else:
            merged(read_prompts(file))
            how_read(file)
    except NucleateError as error:
        wrong = [] if str(file) in error.what else [f"does not name the file: {error.what[:200]}"]
        if file.suffix != ".toml" and not re.search(rf"{re.escape(str(file))}:\d+: ", error.what):
            wrong.append(f"does not name the line: {error.what[:200]}")
        return [*wrong, *([] if error.mend.strip() else ["says no mend"])]
    except Exception as error:
        return [f"a traceback: {type(error).__name__}: {error}"[:300]]
    return []


HOSTILE = (
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(2)>", '<a href="javascript:alert(3)">go</a>',
    "\u202egnp.exe", "{{ 7 * 7 }} %{x} ${y}", "'\"><svg/onload=alert(4)>", "&lt;b&gt;&#x3c;", "[bold red]x[/bold red]", "\x1b[2J\x07",
)  # fmt: skip


class _Elements(HTMLParser):
    """Scripts, handlers and addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.strange: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        for name, value in attrs:
            outside = name in ("src", "href", "action", "srcset") and re.match(
                r"(https?:|//|javascript:)", value or ""
            )
            if name.startswith("on") or outside:
                self.strange.append(f"{tag} {name}={value}"[:120])


def pages_are_inert(place: Path) -> Outcome:
    """A page of an analysis whose every text is markup has the scripts of any other page, and asks for nothing."""
    outcome, pages = Outcome(), []
    small_gpt2_with_tokens(place / "model")
    for kind, texts in (("plain", [f"label {i}" for i in range(len(HOSTILE))]), ("hostile", HOSTILE)):
        rows = [
            {
                "prompt": f"{text[:2]}{i}",
                "id": f"{text} {i}",
                "task": text,
                "also": texts[i % 2],
                "split": "train",
            }
            for i in range(3)
            for text in texts
        ]
        done = api.analyze(place / "model", rows, place / kind, overrides=CHEAP)
        pages.append(done.folder.report.read_text(encoding="utf-8"))
    plain, hostile = (_Elements() for _ in pages)
    for found, page in zip((plain, hostile), pages, strict=True):
        found.feed(page)
    wrong = [one for one in hostile.strange if one not in plain.strange]
    if plain.scripts != hostile.scripts:
        wrong.append(f"{hostile.scripts} scripts where a plain page has {plain.scripts}")
    if "default-src &#39;none&#39;" not in pages[1]:
        wrong.append("no policy")
    outcome.tried["texts"] = len(HOSTILE)
    outcome.wrong += wrong
    return outcome


def numbers_stay_sane() -> Outcome:
    """States that are constant, doubled, few, huge or no numbers: figures are finite or left out, or it is said."""
    outcome, random = Outcome(), np.random.default_rng(0)
    plain = random.normal(size=(60, 4, 1, 8)).astype(np.float32)
    kinds = {
        "plain": plain, "constant": np.ones_like(plain), "one site constant": plain * (np.arange(4) != 2)[None, :, None, None],
        "doubled": np.repeat(plain[:3], 20, axis=0), "fewer than clusters": plain[:4], "huge": plain * np.float32(1e30),
        "tiny": plain * np.float32(1e-38), "one dimension": plain * (np.arange(8) == 0),
        "nan": np.where(np.arange(60)[:, None, None, None] == 7, np.nan, plain), "infinite": np.where(plain > 2, np.inf, plain),
    }  # fmt: skip
    for name, states in kinds.items():
        outcome.count(
            "states", name, _scoring(states.astype(np.float32), must_refuse=name in ("nan", "infinite"))
        )
    return outcome


def _scoring(states: np.ndarray, must_refuse: bool) -> list[str]:
    n = len(states)
    labels = {"task": np.arange(n) % 3, "instruction": np.arange(n)}
    given = HiddenStates(
        states=states, sites=("embed", "block.1", "block.2", "final_norm"), positions=("last",),
        split=np.repeat("train", n), labels=labels, predicted=np.zeros(n, np.int64), expected=np.arange(n) % 2, step=1,
    )  # fmt: skip
    settings = ScoringSettings(
        positions=("last",), factors=("task",), splits=("train",), n_init=1, n_init_settled=1
    )
    settings = settings.model_copy(update={"n_resamples": 5, "preparations": ("raw", "standardise")})
    try:
        with np.errstate(all="ignore"):
            table = score_states(given, settings, RunTag("r", "m", 1), milestone=True).to_pandas()
    except NucleateError as error:
        return [] if must_refuse and "finite" in error.what else [f"refused: {error.what}"]
    except Exception as error:
        return [f"a traceback: {type(error).__name__}: {error}"[:300]]
    strange = table[~np.isfinite(table["value"].astype(float))]
    wrong = (
        [f"{len(strange)} values are no numbers, such as {strange.iloc[0]['metric']}"] if len(strange) else []
    )
    return [*wrong, *(["states that are no numbers were scored"] if must_refuse else [])]
