r"""Which part of an unfinished text keeps its ids, whatever text follows?

The question of encode_iterable: its chunks may end inside a pre-token or a special token.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex
from pretokens import LAST_SAFE_CUT, PRETOKEN, special_pattern

SPACE_THEN_WORD = regex.compile(r"\s\S")


class Settled:
    """The longest prefix we can prove to be settled, given the special tokens."""

    def __init__(self, special_tokens: Sequence[str]) -> None:
        self.pattern = special_pattern(special_tokens)
        # All proper beginnings of special tokens, and how long the longest is.
        self.openings = {token[:k] for token in special_tokens for k in range(1, len(token))}
        self.longest = max(map(len, self.openings), default=0)

    def prefix(self, text: str) -> int:
        r"""The length of a prefix whose ids, and whose end, no further text can change.

        >>> Settled([]).prefix("we'l")  # "we" is settled; "'" and "l" are not, "'ll" may come
        2
        >>> Settled(["<|s|>"]).prefix("a b <|s")  # held back: " " and "<|s"
        3
        """
        start, end = self.segment(text)
        return self.pretoken(text, start, end)

    def segment(self, text: str) -> tuple[int, int]:
        """Where the last segment between special tokens begins, and where it may turn out to end.

        A special token is open at p if text[p:] is a proper beginning of one: more text may
        complete it, or complete a longer one than stands there. A match before the first open place
        is settled, as all candidates at its start are known. A match after it is not: the open one
        would come first.
        """
        start, end = 0, self.first_open(text, 0)
        for match in self.pattern.finditer(text):
            if match.start() >= end:
                break
            start = match.end()
            # An opening inside a settled special token opens nothing.
            if end < start:
                end = self.first_open(text, start)
        return start, end

    def first_open(self, text: str, start: int) -> int:
        """The first place from start on where a special token is open, or len(text)."""
        for p in range(max(start, len(text) - self.longest), len(text)):
            if text[p:] in self.openings:
                return p
        return len(text)

    def pretoken(self, text: str, start: int, end: int) -> int:
        r"""A place in text[start:end] with two or more pre-tokens after it; all before are settled.

        Proof. What PAT matches at s depends on text up to one character past the match (the
        character that stops a run, or that (?!\S) looks at), or up to s + 3 where it tries "'ll",
        "'ve", "'re". A pre-token with two more after it ends at e <= end - 2, and s < e: so all of
        these characters are known. They stay the same if a special token begins at end, as the end
        of a segment is then final. One held back is too few: "'" + "l" becomes "'ll" with one more
        l.

        The prefix must also fall into the same pre-tokens by itself. It does, unless it ends
        between white space and a word: "\n" + "\n" + "a" is cut so because of the a, and "\n\n"
        alone is one pre-token.

        Everything before a safe cut is settled as well, by its proof: so the pattern need not read
        on from the start, only from the last safe cut.
        """
        cut = LAST_SAFE_CUT.search(text, start, end)
        base = start if cut is None else cut.start()
        begins = [match.start() for match in PRETOKEN.finditer(text, base, end)]
        for begin in reversed(begins[1:-1]):
            if not SPACE_THEN_WORD.match(text, begin - 1):
                return begin
        return base
