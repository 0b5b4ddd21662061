"""Small tokenizers of every kind, trained here, so that nothing is downloaded."""

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

TEXT = [
    "The capital of France is Paris. The capital of Österreich is Wien.",
    "What is the currency of Japan? It is the yen. Côte d'Ivoire",
    "Translate the word cat into Spanish: gato. naïve café déjà vu",
    "Add one and two: three. Name the internet domain of Brazil.",
    "Q: Add\nA: one",
]


def byte_level_bpe(add_prefix_space=False, trim_offsets=False, n_merges=143):
    """As GPT-2's, Llama 3's and SmolLM2's."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    made.post_processor = processors.ByteLevel(trim_offsets=trim_offsets)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=257 + n_merges,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<end>"],
    )
    made.train_from_iterator(TEXT * 3, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<end>")


def unigram():
    """As SentencePiece's: spaces become letters, one is put before the text, and a begin mark before all."""
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    alphabet = sorted(set("".join(TEXT)))
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<s>", "<unk>"], unk_token="<unk>", initial_alphabet=alphabet
    )
    made.train_from_iterator(TEXT * 3, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", made.token_to_id("<s>"))]
    )
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", unk_token="<unk>")


def word_piece():
    """As BERT's: lower case, no accents, marks before and behind."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=["[UNK]", "[CLS]", "[SEP]"])
    made.train_from_iterator(TEXT * 3, trainer)
    ids = [(name, made.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ids)
    return PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="[UNK]", sep_token="[SEP]", cls_token="[CLS]"
    )


KINDS = {
    "byte-level BPE": byte_level_bpe,
    "byte-level BPE with a space before": lambda: byte_level_bpe(True),
    "byte-level BPE with trimmed offsets": lambda: byte_level_bpe(False, True),
    "SentencePiece-style": unigram,
    "WordPiece": word_piece,
}
