"""What train_bpe and Tokenizer both ask of their arguments; each message names the value and the
reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def check_int(name: str, value: object) -> None:
    """An int, and not a bool, which Python counts among the ints.

    Raises:
        TypeError: value is no int.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, got {value!r}")


def check_specials(special_tokens: object) -> list[str]:
    """The special tokens as a list of distinct, non-empty strings that UTF-8 can hold.

    Raises: TypeError: not a list or tuple of str (a lone str would be taken for a list of its
    characters). ValueError: an empty token, a duplicate, or a lone surrogate.
    """
    if not isinstance(special_tokens, Sequence) or isinstance(special_tokens, str | bytes):
        raise TypeError(f"special_tokens must be a list of str, got {special_tokens!r}")
    for index, token in enumerate(special_tokens):
        if not isinstance(token, str):
            raise TypeError(f"special_tokens[{index}] must be a str, got {token!r}")
        if not token:
            raise ValueError(f"special_tokens[{index}] is '': it would match everywhere")
        if token in special_tokens[:index]:
            raise ValueError(f"special_tokens[{index}] is a duplicate: {token!r}")
        if (surrogate := find_surrogate(token)) is not None:
            raise ValueError(
                f"special_tokens[{index}] has a lone surrogate at {surrogate}: {token!r}"
            )
    return list(special_tokens)


def find_surrogate(text: str) -> int | None:
    r"""The position of the first lone surrogate (half a character of UTF-16, no UTF-8), or None.

    >>> find_surrogate("ab\ud800"), find_surrogate("ab")
    (2, None)
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


def check_ids(ids: Sequence[object]) -> None:
    """Ints only. The types are looked at first, as a list of ids is long and has one type.

    Raises:
        TypeError: an id of another type.
    """
    if set(map(type, ids)) - {int}:
        for index, i in enumerate(ids):
            check_int(f"ids[{index}]", i)


def check_vocab(vocab: object) -> None:
    """A dict of ids from 0 on to bytes.

    Raises:
        TypeError: not a dict, or an entry of the wrong type.
        ValueError: a negative id.
    """
    if not isinstance(vocab, Mapping):
        raise TypeError(f"vocab must be a dict of id to bytes, got {vocab!r:.40}")
    for i, token in vocab.items():
        check_int("an id in vocab", i)
        if i < 0:
            raise ValueError(f"id {i} in vocab is negative")
        if not isinstance(token, bytes):
            raise TypeError(f"vocab[{i}] must be bytes, got {token!r}")


def check_merges(merges: Sequence[Sequence[bytes]], vocab: Mapping[int, bytes]) -> None:
    """Pairs of bytes, each part and each result in the vocabulary.

    Raises:
        TypeError: not a pair of bytes.
        ValueError: a part or a result that is not in the vocabulary.
    """
    known = set(vocab.values())
    for index, merge in enumerate(merges):
        if not isinstance(merge, Sequence) or list(map(type, merge)) != [bytes, bytes]:
            raise TypeError(f"merges[{index}] must be a pair of bytes, got {merge!r}")
        for token in (*merge, b"".join(merge)):
            if token not in known:
                raise ValueError(f"merges[{index}] is {merge!r}, but {token!r} is not in vocab")
