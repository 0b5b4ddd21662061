"""A corpus, and two models wired by hand: same clusters, but in one of them they do no work."""

from types import SimpleNamespace

import pytest
import torch
from transformers import PretrainedConfig, PreTrainedModel

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.prompts.files.prompt_files import Prompt, compose
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.corpus.settings import CorpusSettings
from tests.small_tokenizers import byte_level_bpe

SETTINGS = CorpusSettings(
    n_tasks=6, n_dialects=1, n_variants=60, n_inputs=4, input_vocabulary=4, output_vocabulary=40,
    n_symbols=30, max_length=6,
)  # fmt: skip


class Wiring:
    """Ids of tokens in the residual stream, then a task's code, then the answer."""

    def __init__(self, corpus):
        table = corpus.table
        self.n_tokens, self.n_tasks = corpus.vocab_size, len(corpus.tasks)
        self.width = 2 * self.n_tokens + self.n_tasks
        self.task_of, self.answer, self.known = {}, {}, {}
        for task, ids in zip(table["task"].to_pylist(), table["input_ids"].to_pylist(), strict=True):
            self.task_of[tuple(ids[:-2])] = task
            self.answer[task, ids[-2]] = ids[-1]

    def ids(self, states):
        return states[..., : self.n_tokens].argmax(-1).tolist()

    def code(self, states):
        return states[..., self.n_tokens : self.n_tokens + self.n_tasks]

    def tasks(self, row):
        """At the last instruction token and the input, the task of the instruction; else None."""
        if (key := tuple(row)) not in self.known:
            self.known[key] = [
                self.task_of.get(key[: i + 1], self.task_of.get(key[:i])) for i in range(len(key))
            ]
        return self.known[key]


class Gather(torch.nn.Module):
    """Writes the task's code: the cluster."""

    def __init__(self, wiring):
        super().__init__()
        self.wiring = wiring

    def forward(self, hidden_states):
        new = hidden_states.clone()
        for r, row in enumerate(self.wiring.ids(hidden_states)):
            for t, task in enumerate(self.wiring.tasks(row)):
                if task is not None:
                    self.wiring.code(new)[r, t, task] += 1.0
        return new


class Answer(torch.nn.Module):
    """Writes the answer: from the code at its own token, or, where clusters are idle, from the words anew."""

    def __init__(self, wiring, reads_clusters, names_inputs):
        super().__init__()
        self.wiring, self.reads_clusters, self.names_inputs = wiring, reads_clusters, names_inputs

    def forward(self, hidden_states):
        new = hidden_states + 1e-3 * hidden_states.cumsum(1)  # attention reads a hair of everything before
        codes = self.wiring.code(hidden_states)
        read, strength = codes.argmax(-1).tolist(), codes.amax(-1).tolist()
        first = self.wiring.width - self.wiring.n_tokens
        for r, row in enumerate(self.wiring.ids(hidden_states)):
            for t, task in enumerate(self.wiring.tasks(row)):
                if self.names_inputs and strength[r][t] > 0.5 and tuple(row[: t + 1]) in self.wiring.task_of:
                    own = [x for known, x in self.wiring.answer if known == read[r][t]]
                    new[r, t, [first + x for x in own]] += 5.0
                if self.reads_clusters:
                    task = read[r][t] if strength[r][t] > 0.5 else None  # noqa: PLW2901
                if (task, row[t]) in self.wiring.answer:
                    new[r, t, first + self.wiring.answer[task, row[t]]] += 1.0
        return new


class PlantedConfig(PretrainedConfig):
    model_type = "planted"


class Base(torch.nn.Module):
    def __init__(self, wiring, reads_clusters, names_inputs):
        super().__init__()
        self.wiring = wiring
        self.h = torch.nn.ModuleList([Gather(wiring), Answer(wiring, reads_clusters, names_inputs)])

    def forward(self, input_ids, attention_mask=None, use_cache=False):
        one_hot = torch.nn.functional.one_hot(input_ids, self.wiring.n_tokens).float()
        rest = torch.zeros(*input_ids.shape, self.wiring.width - self.wiring.n_tokens)
        states = torch.cat([one_hot, rest], -1)
        for block in self.h:
            states = block(states)
        return SimpleNamespace(last_hidden_state=states)


class Planted(PreTrainedModel):
    config_class, base_model_prefix = PlantedConfig, "model"

    def __init__(self, wiring, reads_clusters, names_inputs=False):
        super().__init__(PlantedConfig(num_hidden_layers=2, hidden_size=wiring.width))
        self.model = Base(wiring, reads_clusters, names_inputs)
        self.head = torch.nn.Linear(wiring.width, wiring.n_tokens, bias=False)
        with torch.no_grad():  # a hair of everything again, so that no change leaves the logits as they were
            self.head.weight.copy_(1e-3 * torch.randn(self.head.weight.shape, generator=torch.manual_seed(0)))
            self.head.weight[:, -wiring.n_tokens :] += torch.eye(wiring.n_tokens)

    def get_input_embeddings(self):
        return torch.nn.Embedding(self.model.wiring.n_tokens, 1)

    def get_output_embeddings(self):
        return self.head

    def forward(self, input_ids, attention_mask=None, use_cache=False):
        return SimpleNamespace(logits=self.head(self.model(input_ids).last_hidden_state))


@pytest.fixture(scope="session")
def corpus():
    return GrammarCorpus.build(SETTINGS, 1)


@pytest.fixture(scope="session")
def working(corpus):
    return Planted(Wiring(corpus), reads_clusters=True).eval()


@pytest.fixture(scope="session")
def idle(corpus):
    return Planted(Wiring(corpus), reads_clusters=False).eval()


@pytest.fixture(scope="session")
def corpus_of_own_inputs():
    """Every task has three of six inputs, so that the last instruction token can tell which come next."""
    return GrammarCorpus.build(SETTINGS.model_copy(update={"n_inputs": 3, "input_vocabulary": 6}), 1)


@pytest.fixture(scope="session")
def naming_inputs(corpus_of_own_inputs):
    """Clusters at the last instruction token say what comes next; the answer is read from the words anew."""
    wiring = Wiring(corpus_of_own_inputs)
    return Planted(wiring, reads_clusters=False, names_inputs=True).eval()


def prompts_of(templates, splits=("train", "train", "validation")):
    """Four tasks in every template, each with instructions of as many letters, every letter a token."""
    verbs = iter(("Name", "Tell", "Find", "Give", "Show", "List"))
    spoken = [(template, next(verbs), split) for template in templates for split in splits]
    prompts = []
    for i, task in enumerate(("capital", "dialing", "tongues", "domains")):
        for template, verb, split in spoken:
            for x in "xy":
                text, instruction, input_ = compose(template, f"{verb} {task}", x)
                prompts.append(Prompt(text, text, instruction, input_, f"{i}{x}", split, {"task": task}))
    return PromptCorpus.build(prompts, byte_level_bpe(n_merges=0))


@pytest.fixture(
    scope="session",
    params=[
        ("{instruction} {input}?", "{instruction} {input}:"),
        ("Q {instruction} {input}", "A {instruction} {input}"),
        ("{input}: {instruction}", "{input}, {instruction}"),
    ],
    ids=["behind", "before", "between"],
)
def corpus_of_two_templates(request):
    """Prompts of like lengths and places that differ in a token around their instructions."""
    return prompts_of(request.param)


@pytest.fixture(scope="session")
def corpus_without_held_out():
    return prompts_of(["{instruction} {input}"], splits=("train", "train", "train"))
