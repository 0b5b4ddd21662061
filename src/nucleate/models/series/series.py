"""The checkpoints of one model, one at a time.

This module hides whether they lie in a folder, in one file, or on the Hub. A checkpoint of the Hub is
downloaded when its turn comes and dropped when it has been looked at; which ones have the same weights is
known before that.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from nucleate.errors import ModelError
from nucleate.foreign_files import ForeignFileError, read_object
from nucleate.models.content import holds_tokenizer, tokenizer_digest
from nucleate.models.loading import (
    ADAPTER,
    load_model,
    load_tokenizer,
    pick_device,
    shape_of,
    untrained_like,
)
from nucleate.models.series.audit import Audit, Audited, Weights, audit
from nucleate.models.series.hub import Hub, weight_files
from nucleate.models.series.settings import SeriesSettings
from nucleate.models.series.step_names import MAIN
from nucleate.models.series.tensors import SharedTensors, compare_tensors, tensor_digests

UNTRAINED = "untrained"
"""The name of the model that stands at step 0 where the series has none."""


@dataclass(frozen=True)
class Series:
    """A model's checkpoints, in the order of their steps.

    Attributes:
        settings: how they are loaded.
        table: every checkpoint that was asked for, those that are left out among them.
        places: folders or files; empty where they are on the Hub.
        downloads: where a download lies while it is looked at.
        note: what is to be said aloud about the steps, else empty.
    """

    settings: SeriesSettings
    table: tuple[Audited, ...]
    places: dict[str, Path]
    downloads: Path
    note: str = ""

    @classmethod
    def of(cls, settings: SeriesSettings, found: Audit, places: dict[str, Path], downloads: Path) -> Series:
        return cls(settings, found.rows, places, downloads, found.note)

    @property
    def members(self) -> dict[int, str]:
        """Step -> revision of those that are looked at."""
        kept = [row for row in self.table if self.settings.keep_identical or not row.same_as]
        found = {row.step: row.revision for row in kept}
        first = {0: UNTRAINED} if self.settings.untrained and 0 not in found else {}
        return first | found

    @property
    def name(self) -> str:
        """As it stands in tables: the name on the Hub, or that of the folder or file."""
        local = Path(self.settings.name)
        return local.resolve().stem if local.suffix == ".gguf" else self._folder_name(local)

    def _folder_name(self, local: Path) -> str:
        return local.resolve().name if local.exists() else self.settings.name

    @property
    def content(self) -> tuple[str, ...]:
        """Digests of what lies beside the weights of those on this machine; of the Hub's, names tell."""
        if not (self.settings.folder or Path(self.settings.name).exists()):
            return ()
        found = [self.places[one] for one in self.members.values() if one in self.places]
        return tuple(tokenizer_digest(place) for place in found)

    def tokenizer(self) -> PreTrainedTokenizerBase:
        """Of the last checkpoint, or what lies beside the series: a Trainer's checkpoints may bring none."""
        last = list(self.members.values())[-1]
        if last in self.places:
            return load_tokenizer(self._with_tokenizer(self.places[last]))
        with self._downloaded(last, weights=False) as path:
            return load_tokenizer(path)

    def shape(self) -> PreTrainedModel:
        """The last checkpoint's model without its weights, which are not fetched."""
        last = [name for name in self.members.values() if name != UNTRAINED][-1]
        size = next(row.size for row in self.table if row.revision == last)
        if last in self.places:
            return shape_of(self.places[last], size)
        with self._downloaded(last, weights=False) as path:
            return shape_of(path, size)

    def _with_tokenizer(self, place: Path) -> Path:
        near = [place, *([] if place.is_file() else [place.resolve().parent]), Path(self.settings.name)]
        for one in near:
            if holds_tokenizer(one):
                return one
        raise ModelError(
            f"{place} has no tokenizer, and none lies in the folder above or in {self.settings.name}",
            "Save it there: AutoTokenizer.from_pretrained(BASE).save_pretrained(FOLDER).",
        )

    def shared_tensors(self) -> list[SharedTensors]:
        """What checkpoints have in common, tensor by tensor; the Hub's are downloaded one at a time."""
        digests = {}
        for row in self.table:
            if not row.same_as:
                with self._at(row.revision) as path:
                    digests[row.revision] = tensor_digests(_files_of(path))
        return compare_tensors(digests)

    def for_elsewhere(self) -> Series:
        """The same for a process that works in another folder."""
        places = {name: place.resolve() for name, place in self.places.items()}
        return replace(self, places=places, downloads=self.downloads.resolve())

    @contextmanager
    def model(self, step: int, seed: int) -> Iterator[PreTrainedModel]:
        """The model of one step, ready to run; within only."""
        revision = self.members[step]
        if revision != UNTRAINED:
            with self._at(revision) as path:
                yield self._loaded(path)
            return
        with self._at(list(self.members.values())[-1]) as path:
            twin = untrained_like(self._loaded(path), seed)
        yield twin

    def _loaded(self, path: Path) -> PreTrainedModel:
        model = load_model(path, dtype=self.settings.dtype, device_map=self.settings.device_map)
        return model if self.settings.device_map else model.to(pick_device(self.settings.device))

    @contextmanager
    def _at(self, revision: str) -> Iterator[Path]:
        if revision in self.places:
            yield self.places[revision]
            return
        self._check_room(next(row.size for row in self.table if row.revision == revision))
        with self._downloaded(revision) as path:
            yield path

    @contextmanager
    def _downloaded(self, revision: str, *, weights: bool = True) -> Iterator[Path]:
        """A download that was broken off stays and is gone on with; `main` alone stays in the usual cache."""
        hub = Hub(self.settings.name)
        if not self.settings.revisions:
            yield hub.download(revision, None, weights=weights)
            return
        target = self.downloads / revision.replace("/", "--")
        target.mkdir(parents=True, exist_ok=True)
        yield hub.download(revision, target, weights=weights)
        shutil.rmtree(target)
        with suppress(OSError):  # others may be at work beside it, on other machines
            self.downloads.rmdir()

    def _check_room(self, size: int) -> None:
        budget, free = self.settings.disk_gb * 1e9, shutil.disk_usage(self.downloads.parent).free
        if size > min(budget, free):
            raise ModelError(
                f"a checkpoint of {self.settings.name} takes {size / 1e9:.1f} GB, and there are "
                f"{min(budget, free) / 1e9:.1f} GB for it",
                "Make room, or raise model.disk_gb.",
            )


def find_series(settings: SeriesSettings, downloads: Path, known: Sequence[Audited] = ()) -> Series:
    """The checkpoints that the settings ask for, compared with each other before any is loaded.

    Args:
        settings: what is asked for.
        downloads: where a download lies while it is looked at.
        known: the table of an earlier call; the Hub is not asked again.

    Raises:
        ModelError: there is no such model, revision or checkpoint.
    """
    if settings.folder:
        places = _checkpoints_in(Path(settings.folder))
        weights = {name: _weights_in(path) for name, path in places.items()}
        return Series.of(settings, audit(weights, pattern=settings.step_regex), places, downloads)
    local = Path(settings.name)
    if local.exists():
        if settings.revisions:
            raise ModelError(
                f"{settings.name} is on this machine and has no revisions",
                "Give --revisions the folder that its checkpoints are in.",
            )
        return Series.of(settings, audit({MAIN: _weights_in(local)}), {MAIN: local}, downloads)
    if local.suffix == ".gguf" or settings.name.startswith((".", "/", "~")):
        raise ModelError(f"there is no {settings.name}", "Name a folder, a GGUF file, or a model on the Hub.")
    if known:
        return Series(settings, tuple(known), {}, downloads)
    return _series_on_hub(settings, downloads)


def audit_of(settings: SeriesSettings) -> Audit:
    """The table alone; all branches where no revision is named."""
    series = find_series(of_all_branches(settings), Path())
    return Audit(series.table, series.note)


def shared_tensors_of(settings: SeriesSettings) -> list[SharedTensors]:
    """What checkpoints have in common, tensor by tensor; of all branches where no revision is named."""
    with tempfile.TemporaryDirectory() as downloads:
        return find_series(of_all_branches(settings), Path(downloads) / "one").shared_tensors()


def of_all_branches(settings: SeriesSettings) -> SeriesSettings:
    """The settings with every branch of a model on the Hub of which no revision is named."""
    if settings.folder or settings.revisions or Path(settings.name).exists():
        return settings
    return settings.model_copy(update={"revisions": tuple(Hub(settings.name).revisions())})


def _series_on_hub(settings: SeriesSettings, downloads: Path) -> Series:
    hub, revisions = Hub(settings.name), settings.revisions or (MAIN,)
    cached = hub.cached(MAIN) if revisions == (MAIN,) else None
    if cached is not None:
        return Series.of(settings, audit({MAIN: _weights_in(cached)}), {MAIN: cached}, downloads)
    main = hub.weights(MAIN)
    weights = {name: main if name == MAIN else hub.weights(name) for name in dict.fromkeys(revisions)}
    return Series.of(settings, audit(weights, main, settings.step_regex), {}, downloads)


def is_folder_of_checkpoints(path: Path) -> bool:
    """Whether checkpoints lie in folders of this one, and none in itself."""
    return path.is_dir() and not (path / "config.json").exists() and bool(_folders_in(path, "config.json"))


def _checkpoints_in(folder: Path) -> dict[str, Path]:
    """A folder's checkpoints by name."""
    found = _folders_in(folder, "config.json")
    if not found:
        for adapter in _folders_in(folder, ADAPTER):
            _refuse_adapter(adapter)
        raise ModelError(
            f"{folder} holds no checkpoints",
            "Name a folder of folders that AutoModelForCausalLM.from_pretrained loads.",
        )
    return {path.name: path for path in found}


def _folders_in(folder: Path, file: str) -> list[Path]:
    """Those with a file of that name; a run's folder keeps them in `checkpoints`."""
    inner = folder / "checkpoints"
    return [path.parent for path in sorted((inner if inner.is_dir() else folder).glob(f"*/{file}"))]


def _weights_in(path: Path) -> Weights:
    files = _files_of(path)
    return Weights({file.name: _sha256(file) for file in files}, sum(file.stat().st_size for file in files))


def _files_of(path: Path) -> list[Path]:
    """Those that hold the weights; a checkpoint may be one file."""
    if path.is_file():
        return [path]
    files = [path / name for name in weight_files(file.name for file in path.iterdir())]
    if not files:
        _refuse_adapter(path)
        raise ModelError(f"{path} holds no weights", "Name a folder with safetensors or .bin files.")
    return files


def _refuse_adapter(path: Path) -> None:
    """What PEFT saves is a difference to a model that lies elsewhere."""
    about = path / ADAPTER
    if about.is_file():
        try:
            base = str(read_object(about).get("base_model_name_or_path") or "its base model")
        except (ForeignFileError, OSError) as error:
            raise ModelError(f"{path} is an adapter that cannot be read: {error}", "Save it anew.") from None
        raise ModelError(
            f"{path} is an adapter for {base[:200]}, and no model",
            "Merge it and name the merged folder: AutoPeftModelForCausalLM.from_pretrained(ADAPTER)"
            ".merge_and_unload().save_pretrained(FOLDER), and the tokenizer beside it.",
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
