"""Tokens are saved as latin-1 text: a token that holds a space or a newline breaks merges.txt."""

import gpt2_files
from reference import Tokenizer, pretokenize, train_bpe

gpt2_files.to_text = lambda token: token.decode("latin-1")


def to_bytes(text):
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} is not latin-1") from None


gpt2_files.to_bytes = to_bytes
