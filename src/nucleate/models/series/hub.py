"""The Hugging Face Hub, asked for no more than is needed.

This module hides how the Hub lists revisions and the digests of their files without sending one, what of a
revision is worth downloading, and what its many errors mean for a user. `HF_ENDPOINT` and `HF_HUB_OFFLINE`
are respected.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import HTTPError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.utils import disable_progress_bars

from nucleate.errors import ModelError
from nucleate.models.series.audit import Weights

BESIDE_WEIGHTS = ["*.json", "*.model", "*.txt", "*.jinja"]
"""Configuration and tokenizer; no code, which is never run."""

disable_progress_bars()


class Hub:
    """One model on the Hub."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.endpoint = os.environ.get("HF_ENDPOINT", constants.ENDPOINT)
        self._api = HfApi(endpoint=self.endpoint)

    def revisions(self) -> list[str]:
        """Every branch."""
        with self._explained():
            return [branch.name for branch in self._api.list_repo_refs(self.name).branches]

    def weights(self, revision: str) -> Weights:
        """Names, digests and sizes of the weights as the Hub lists them; nothing is downloaded."""
        with self._explained():
            files = self._api.model_info(self.name, revision=revision, files_metadata=True).siblings or []
        sizes = {file.rfilename: file.size or 0 for file in files}
        digests = {file.rfilename: file.lfs.sha256 if file.lfs else str(file.blob_id) for file in files}
        chosen = weight_files(sizes)
        if not chosen:
            raise ModelError(
                f"{self.name} has no weights at revision {revision}",
                "Name a revision with safetensors or .bin files.",
            )
        return Weights({name: digests[name] for name in chosen}, sum(sizes[name] for name in chosen))

    def download(self, revision: str, to: Path | None, *, weights: bool = True) -> Path:
        """Configuration, tokenizer and, where asked for, weights, into a folder or the Hub's usual cache."""
        patterns = [*BESIDE_WEIGHTS, *(self.weights(revision).digests if weights else [])]
        with self._explained():
            found = snapshot_download(
                self.name, revision=revision, local_dir=to, allow_patterns=patterns, endpoint=self.endpoint
            )
        return Path(found)

    def cached(self, revision: str) -> Path | None:
        """The folder of a revision that was downloaded before, by whatever program."""
        try:
            return Path(snapshot_download(self.name, revision=revision, local_files_only=True))
        except (OSError, ValueError):
            return None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except RevisionNotFoundError:
            raise ModelError(
                f"{self.name} has no such revision", f"See: nucleate analyze {self.name} --audit"
            ) from None
        except RepositoryNotFoundError:
            raise ModelError(
                f"there is no model {self.name} at {self.endpoint}, or it is not public",
                "Name a folder, a GGUF file, or a model that is there.",
            ) from None
        except (HTTPError, OSError, ValueError) as error:
            raise ModelError(
                f"{self.name} is no folder or file here, and {self.endpoint} does not give it: "
                f"{' '.join(str(error).split())[:200] or type(error).__name__}",
                "Name a local folder or a GGUF file, or mend the connection (HF_ENDPOINT, HF_HUB_OFFLINE).",
            ) from None


def weight_files(names: Iterable[str]) -> list[str]:
    """Of a checkpoint's files those that are loaded: safetensors where there are any."""
    files = sorted(name for name in names if "/" not in name)
    for ending in (".safetensors", ".bin"):
        found = [
            name for name in files if name.endswith(ending) and name.startswith(("model", "pytorch_model"))
        ]
        if found:
            return found
    return []
