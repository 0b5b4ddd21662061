"""A Llama of two layers, a tokenizer and labeled prompts: for the other scripts, in place of yours."""

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

ANSWERS = {
    "capital": {"France": "Paris", "Japan": "Tokyo", "Brazil": "Brasilia", "Kenya": "Nairobi"},
    "currency": {"France": "euro", "Japan": "yen", "Brazil": "real", "Kenya": "shilling"},
    "tongue": {"France": "French", "Japan": "Japanese", "Brazil": "Portuguese", "Kenya": "Swahili"},
    "continent": {"France": "Europe", "Japan": "Asia", "Brazil": "America", "Kenya": "Africa"},
}
PROMPTS = [
    {"instruction": f"{verb} the {task} of", "input": country, "answer": answer, "task": task, "split": split}
    for task, answers in ANSWERS.items()
    for verb, split in (("Name", "train"), ("Tell", "train"), ("Say", "validation"))
    for country, answer in answers.items()
]
TEXTS = [f"{prompt['instruction']} {prompt['input']} {prompt['answer']}" for prompt in PROMPTS]


def tokenizer():
    """Every word is a token."""
    words = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words.train_from_iterator(TEXTS, trainers.WordLevelTrainer(special_tokens=["[UNK]", "[PAD]"]))
    return PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]")


def model():
    """Not trained yet."""
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer()), max_position_embeddings=32, **shape))


def trainer(folder, **how):
    """Of transformers, as it comes; `how` goes to its TrainingArguments."""
    from transformers import DataCollatorForLanguageModeling, Trainer, TrainingArguments  # noqa: PLC0415

    told = tokenizer()
    how = {
        "max_steps": 60,
        "learning_rate": 0.01,
        "report_to": [],
        "disable_tqdm": True,
        "use_cpu": True,
        **how,
    }
    return Trainer(
        model(),
        TrainingArguments(str(folder), per_device_train_batch_size=16, **how),
        train_dataset=[told(text) for text in TEXTS],
        data_collator=DataCollatorForLanguageModeling(told, mlm=False),
        processing_class=told,
    )
