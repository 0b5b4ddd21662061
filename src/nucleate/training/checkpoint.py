"""What training leaves on disk: checkpoints for everybody, and the one state that a resumed run needs.

A checkpoint is a folder that Hugging Face loads. The training state is one safetensors file with the
weights and both moments of AdamW, exact in float32, so that a resumed run ends in the same bytes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from nucleate.errors import TrainingError
from nucleate.run_folder.folder import RunFolder

_MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class Reached:
    """How far a training is.

    Attributes:
        step: optimizer steps taken.
        tokens: predicted until now.
        seconds: spent until now.
        log_size, log_digest: of `training.jsonl` until now, in bytes and as SHA-256.
    """

    step: int
    tokens: int
    seconds: float
    log_size: int
    log_digest: str


def save_checkpoint(
    folder: RunFolder, step: int, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> None:
    """Commit `checkpoints/step-.../` with the model and its tokenizer."""
    with folder.commit(folder.checkpoint(step)) as path:
        model.save_pretrained(path)
        tokenizer.save_pretrained(path)


def save_training_state(
    folder: RunFolder, reached: Reached, model: PreTrainedModel, optimizer: torch.optim.AdamW
) -> None:
    """Commit weights, moments and how far training is, replacing the state before."""
    tensors = {}
    for name, parameter in model.named_parameters():
        tensors[f"weight.{name}"] = parameter.detach().cpu().contiguous()
        for moment in _MOMENTS:
            if parameter in optimizer.state:
                tensors[f"{moment}.{name}"] = optimizer.state[parameter][moment].cpu()
    about = {name: str(value) for name, value in asdict(reached).items()}
    # safetensors writes to a file of its own beside the one that is named; a kill would leave it there.
    with folder.scratch("training_state") as inside, folder.commit(folder.training_state) as path:
        save_file(tensors, inside / path.name, metadata=about)
        (inside / path.name).replace(path)


def load_training_state(path: Path, model: PreTrainedModel, optimizer: torch.optim.AdamW) -> Reached:
    """Put weights and moments back in place; returns how far training was.

    Raises:
        TrainingError: the file is not such a state.
    """
    try:
        with safe_open(path, framework="pt") as file, torch.no_grad():
            about = file.metadata()
            reached = Reached(
                int(about["step"]),
                int(about["tokens"]),
                float(about["seconds"]),
                int(about["log_size"]),
                about["log_digest"],
            )
            names = set(file.keys())
            for name, parameter in model.named_parameters():
                parameter.copy_(file.get_tensor(f"weight.{name}"))
                if f"exp_avg.{name}" in names:
                    optimizer.state[parameter] = {
                        "step": torch.tensor(float(reached.step), device=parameter.device),
                        **{
                            moment: file.get_tensor(f"{moment}.{name}").to(parameter.device)
                            for moment in _MOMENTS
                        },
                    }
    except (SafetensorError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise TrainingError(
            f"{path} is not a training state: {error}", "Run again into another folder."
        ) from error
    return reached
