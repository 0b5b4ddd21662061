import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from nucleate.corpus.prompts.files.label_spelling import merged, odd_labels, odd_splits, spelling_of
from nucleate.corpus.prompts.files.prompt_files import Prompt


def prompts(*labels):
    return [Prompt(str(i), "p", None, None, None, "train", {"kind": label}) for i, label in enumerate(labels)]


def test_labels_that_look_alike_are_named_and_merged_into_the_commonest():
    composed, parted = "caf\u00e9", "cafe\u0301"
    read = prompts("a", "a ", "A", "a", composed, parted, composed, "b")
    (line,) = odd_labels(read)
    assert "'A' and 'a' and 'a '" in line and composed in line and "merge_labels" in line
    assert [one.labels["kind"] for one in merged(read)] == [
        "a",
        "a",
        "a",
        "a",
        composed,
        composed,
        composed,
        "b",
    ]
    assert not odd_labels(merged(read))


def test_words_for_nothing_are_named():
    assert odd_labels(prompts("x", "nan", "nan", "N/A")) == [
        "2 prompts have 'nan' for their kind, and it is taken as a label",
        "1 prompts have 'N/A' for their kind, and it is taken as a label",
    ]


def test_splits_that_look_alike_or_are_missing_are_named():
    assert odd_splits(["train", "validation", "test", "train"]) == []
    assert odd_splits(["train", "Validation"]) == [
        "the split 'Validation' is not 'validation': names of splits count to the letter",
        "no example has the split 'validation', and claims about agreement that are judged on it are not measured; "
        "there are: Validation, train",
    ]
    assert odd_splits(["train", "validation", "Dev", "dev", "dev"]) == [
        "the split 'Dev' is not 'dev': names of splits count to the letter"
    ]
    (line,) = odd_splits(["test"])
    assert line.startswith("no example has the split 'train' or 'validation'")


@given(st.text(min_size=1))
def test_a_spelling_is_that_of_every_normal_form_and_case(label):
    for form in ("NFC", "NFD", "NFKC"):
        assert spelling_of(unicodedata.normalize(form, label)) == spelling_of(label)
    assert spelling_of(f" {label} ") == spelling_of(label)
