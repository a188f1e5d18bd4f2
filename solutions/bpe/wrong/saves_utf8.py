"""Tokens are saved as UTF-8 text: a token that is part of a character becomes U+FFFD in the file."""

import gpt2_files
from reference import Tokenizer, pretokenize, train_bpe


def write_vocab(path, vocab):
    import json

    with open(path, "w", encoding="utf-8") as file:
        json.dump({token.decode("utf-8", "replace"): i for i, token in vocab.items()}, file)


gpt2_files.write_vocab = write_vocab
gpt2_files.to_text = lambda token: token.decode("utf-8", "replace")
gpt2_files.to_bytes = str.encode
