"""All pairs are counted anew for each merge: right, but the cost grows with words times merges."""

from collections import Counter

import reference
from reference import Tokenizer, pretokenize, train_bpe


def learn_merges(counts, max_merges):
    words = {tuple(bytes([b]) for b in word.encode()): n for word, n in counts.items()}
    merges = []
    while len(merges) < max_merges:
        pairs = Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        words = {apply(word, best): n for word, n in words.items()}
    return merges


def apply(word, pair):
    if pair not in zip(word, word[1:]):
        return word
    out, i = [], 0
    while i < len(word):
        if word[i : i + 2] == pair:
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(word[i])
            i += 1
    return tuple(out)


reference.learn_merges = learn_merges
