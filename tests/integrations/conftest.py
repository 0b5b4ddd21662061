"""A small Llama with dropout, something to train it on, and prompts to watch it by."""

import pytest
import torch

from tests import small_models
from tests.small_tokenizers import byte_level_bpe


@pytest.fixture(scope="session")
def tokenizer():
    return byte_level_bpe()


@pytest.fixture
def prompts():
    return [
        {"instruction": f"{verb} the {task} of", "input": country, "task": task, "split": split}
        for task in ("capital", "currency")
        for verb, split in (("Name", "train"), ("Tell", "train"), ("Say", "validation"))
        for country in ("France", "Japan", "Brazil")
    ]


@pytest.fixture
def train(tokenizer, tmp_path):
    """Six steps; returns the Trainer. `watch` is given it before it begins."""
    from transformers import Trainer, TrainingArguments, default_data_collator  # noqa: PLC0415 - seconds

    def trained(watch=lambda trainer: None, **more):
        model = small_models.KINDS["Llama"]()
        model.config.attention_dropout = 0.2  # so that a disturbed source of chance would show
        for layer in model.model.layers:
            layer.self_attn.attention_dropout = 0.2
        ids = [
            tokenizer(f"The {word} of Japan is here")["input_ids"][:8]
            for word in ("capital", "currency", "yen")
        ]
        rows = [
            {"input_ids": torch.tensor(one), "labels": torch.tensor(one)} for one in ids for _ in range(4)
        ]
        how = {
            "max_steps": 6,
            "logging_steps": 3,
            "save_strategy": "no",
            "report_to": [],
            "use_cpu": True,
            **more,
        }
        arguments = TrainingArguments(
            output_dir=str(tmp_path / "trainer"), per_device_train_batch_size=2, learning_rate=0.01,
            disable_tqdm=True, seed=3, **how,
        )  # fmt: skip
        how = {"processing_class": tokenizer, "data_collator": default_data_collator}
        trainer = Trainer(model, arguments, train_dataset=rows, **how)
        watch(trainer)
        trainer.train()
        return trainer

    return trained
