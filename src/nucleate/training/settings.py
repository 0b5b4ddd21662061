"""How a model is trained, and which steps leave a checkpoint."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from nucleate.settings.config import Settings

_Decay = Annotated[float, Field(ge=0, lt=1)]


class TrainingSettings(Settings):
    """How a model is trained. A batch counts instructions; each brings all its trained inputs, or some."""

    steps: int = Field(400, ge=1, description="optimizer steps")
    batch_instructions: int = Field(128, ge=1, description="distinct instructions of a step")
    inputs_per_instruction: int = Field(
        0, ge=0, description="inputs that an instruction brings to a batch; 0: all that it is trained with"
    )
    learning_rate: float = Field(2e-3, gt=0, description="peak of AdamW's learning rate, after the warm-up")
    warmup_steps: int = Field(50, ge=0, description="steps of linear warm-up; then as `schedule` says")
    schedule: Literal["cosine", "cosine_tail", "constant"] = Field(
        "cosine",
        description="half a cosine to zero, which makes all curves end level; half a cosine to a tenth of "
        "the peak at two thirds of the steps, and on at that rate; or the peak to the end",
    )
    weight_decay: float = Field(0.01, ge=0, description="AdamW's weight decay, on matrices alone")
    betas: tuple[_Decay, _Decay] = Field((0.9, 0.999), description="AdamW's decay rates of the two moments")
    max_grad_norm: float = Field(1.0, gt=0, description="gradients are scaled down to this norm, at most")
    objective: Literal["sequence", "answer", "input_answer", "instruction_answer"] = Field(
        "sequence",
        description="which tokens of [I; x; y] are predicted: all, the answer y alone, x and y, or I and y",
    )
    precision: Literal["auto", "float32", "float32-eager", "bfloat16", "bfloat16-eager"] = Field(
        "auto",
        description="number format of the forward and backward pass; auto times a step and takes the faster",
    )
    device: str = Field(
        "auto",
        description="where the model runs: cpu, cuda, mps, or auto: the first of cuda, mps, cpu there is",
    )
    evaluate_every: int = Field(20, ge=1, description="steps between evaluations of accuracy")
    n_evaluation: int = Field(1000, ge=1, description="instances of each split that accuracy is taken over")
    checkpoint_steps: tuple[int, ...] = Field(
        (), description="steps that leave a checkpoint, beside 0 and the last; empty: dense early, even later"
    )
    checkpoints_early: int = Field(
        5, ge=0, description="checkpoints before the first even one, growing geometrically"
    )
    checkpoint_every: int = Field(50, ge=1, description="steps between checkpoints, after the early ones")

    @model_validator(mode="after")
    def _steps_hold_together(self) -> TrainingSettings:
        late = [step for step in self.checkpoint_steps if not 0 <= step <= self.steps]
        if late:
            raise ValueError(
                f"training.checkpoint_steps has {late[0]}, outside 0 to training.steps={self.steps}"
            )
        if self.warmup_steps > self.steps:
            raise ValueError(
                f"training.warmup_steps={self.warmup_steps} is more than training.steps={self.steps}"
            )
        return self

    def all_checkpoint_steps(self) -> list[int]:
        """The steps that leave a checkpoint: always 0 and the last."""
        if self.checkpoint_steps:
            return sorted({0, self.steps, *self.checkpoint_steps})
        return spread_checkpoints(self.steps, early=self.checkpoints_early, every=self.checkpoint_every)


def spread_checkpoints(steps: int, *, early: int, every: int) -> list[int]:
    """0 and the last step; `early` steps growing geometrically up to `every`; then each `every` steps."""
    first = {round(every ** (i / early)) for i in range(1, early)} if early else set()
    return sorted({0, steps, *(s for s in first if s < steps), *range(every, steps, every)})
