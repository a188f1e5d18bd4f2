r"""Pre-tokens: GPT-2 cuts text into word-like pieces, and no merge crosses a cut.

The clear version is one line, `regex.findall(PAT, text)`. Below it stands a faster one: `UNITS`
runs in the standard library's `re`, twice as fast as `regex` with its Unicode tables, and says
exactly what PAT says wherever the text is ASCII. Where it is not, a unit is a longer stretch that
PAT cuts up later, once for each distinct stretch.

Radford et al. 2019 (GPT-2), section 2.2. Left out on purpose: Unicode normalisation and the later
patterns of GPT-3.5 and GPT-4, which differ in contractions and digits only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import regex
from checks import check_specials

# In this order: contractions; letters; digits; the rest, each with at most one space before it;
# then white space, which leaves its last character to the word that follows.
PAT = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
PRETOKEN = regex.compile(PAT)


def pretokens(text: str) -> list[str]:
    """All pre-tokens in order; joined they are the text again: each character is of some class.

    >>> pretokens("I'll go  up\\n")
    ['I', "'ll", ' go', ' ', ' up', '\\n']
    """
    return PRETOKEN.findall(text)


# THE SAFE CUT. A non-white character c followed by white space w is always a border between
# pre-tokens: in PAT, white space comes first in a pre-token or fills all of it, so none holds w
# after c. Cutting the text there changes nothing on either side:
#   left:  the run or contraction that ends in c ends there with or without w, as w is in none of
#          their classes; the look-ahead (?!\S) is asked only after white space, and sees c at the
#          latest.
#   right: scanning starts at w in both cases, and PAT never looks behind.
# Only " " and "\n" serve as w here, as every definition of white space agrees on them.
SAFE_CUT = regex.compile(r"(?<=\S)(?=[ \n])")
LAST_SAFE_CUT = regex.compile(r"(?r)(?<=\S)(?=[ \n])")  # (?r): search from the end

# The classes of PAT inside ASCII: white space, letters and digits, and the others. U+001C to U+001F
# count as white space for str.isspace and re, but not for Unicode, regex and PAT.
_SPACE, _OTHER = r"\t-\r ", r"\x00-\x08\x0e-\x1f!-/:-@\[-`{-\x7f"
_ALONE = r"(?![^\x00-\x7f])"  # no non-ASCII character follows that might belong to the run
_ASCII_WORD = rf"[^{_SPACE}\x80-\U0010ffff]"
# Runs are possessive (++): a run may not shrink to escape _ALONE. A unit without a non-ASCII
# character is one pre-token. The last line takes what is left, always with a non-ASCII character in
# it: on to the next safe cut, with the widest definition of white space (\s of re), so it never
# ends too early.
UNITS = re.compile(
    rf" ?[A-Za-z]++{_ALONE}|'(?:[sdmt]|ll|ve|re)| ?[{_OTHER}]++{_ALONE}| ?[0-9]++{_ALONE}"
    rf"|[{_SPACE}]+(?=[{_SPACE}]{_ASCII_WORD})|[\t-\r](?={_ASCII_WORD})|[{_SPACE}]+\Z"
    r"|(?s:.)(?:[^ \n]|(?<=\s)[ \n])*"
)


def units(text: str) -> list[str]:
    """Stretches of one or more whole pre-tokens; exactly one where the stretch is ASCII.

    >>> units("do as café au lait")
    ['do', ' as', ' café', ' au', ' lait']
    >>> units("naïve,")  # pretokens: 'naïve' and ','
    ['naïve,']
    """
    return UNITS.findall(text)


def blocks(text: str, size: int = 1 << 16) -> Iterator[str]:
    """Cut text at safe cuts into blocks of about size characters, so that lists stay short.

    >>> list(blocks("to be or not", 4))
    ['to be', ' or not']
    """
    start = 0
    while cut := SAFE_CUT.search(text, start + size):
        yield text[start : cut.start()]
        start = cut.start()
    yield text[start:]


def special_pattern(special_tokens: Sequence[str]) -> re.Pattern[str]:
    """A pattern that finds special tokens, the longest where several begin at one place.

    >>> special_pattern(["<a>", "<a><b>"]).split("x<a><b>y")
    ['x', '<a><b>', 'y']
    """
    if not special_tokens:
        return re.compile(r"(?!)")  # matches nowhere
    # Alternatives are tried in order, so the longest goes first. The group makes split() keep the
    # specials.
    longest_first = sorted(special_tokens, key=len, reverse=True)
    return re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")


def pretokenize(text: str, special_tokens: Sequence[str] = ()) -> list[str]:
    r"""The pre-tokens of the segments between the special tokens.

    >>> pretokenize("end.  <|eot|>  Start", ["<|eot|>"])
    ['end', '.', '  ', ' ', ' Start']

    Raises:
        TypeError: text is no str.
        ValueError: a special token is empty or given twice.
    """
    if not isinstance(text, str):
        raise TypeError(f"pretokenize needs a str, got {type(text).__name__}: {text!r:.40}")
    # The pattern has one group: split() gives segments at the even places, specials at the odd.
    segments = special_pattern(check_specials(special_tokens)).split(text)[::2]
    return [word for segment in segments for word in pretokens(segment)]
