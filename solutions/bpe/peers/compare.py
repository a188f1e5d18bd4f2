"""Measure the reference against HF tokenizers (training) and tiktoken (encoding), turn by turn.

    python solutions/bpe/peers/compare.py CORPUS HELD_OUT [--rounds 5] [--processes 2]

Each training runs in a fresh process. A ratio is taken within a round, so that a machine that gets
slower for a while slows both. Ratios above 1 mean: the reference is slower in training, faster in
encoding. Needs tokenizers and tiktoken, and Linux for the memory.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tiktoken
from solution import PAT, Tokenizer, train_bpe

VOCAB_SIZE = 10_000
SPECIAL = "<|endoftext|>"


def train_ours(corpus: str, processes: int) -> dict[str, float]:
    start, cpu = time.perf_counter(), sum(os.times()[:4])
    train_bpe(corpus, VOCAB_SIZE, [SPECIAL], num_processes=processes)
    return {"seconds": time.perf_counter() - start, "cpu": sum(os.times()[:4]) - cpu}


def train_hf(corpus: str, processes: int) -> dict[str, float]:
    os.environ["RAYON_NUM_THREADS"] = str(processes)  # read when the first threads start
    import tokenizers  # noqa: PLC0415 -- after the number of threads is set
    from tokenizers import models, pre_tokenizers, trainers  # noqa: PLC0415

    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=[SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    start, cpu = time.perf_counter(), sum(os.times()[:4])
    tokenizer.train([corpus], trainer)
    return {"seconds": time.perf_counter() - start, "cpu": sum(os.times()[:4]) - cpu}


def run_apart(name: str, corpus: str, processes: int) -> dict[str, float]:
    """Train in a fresh process; look at the memory of its whole tree every 50 ms."""
    command = [sys.executable, __file__, corpus, "-", "--train", name, "--processes"]
    worker = subprocess.Popen([*command, str(processes)], stdout=subprocess.PIPE, text=True)
    peak = 0
    while worker.poll() is None:
        peak = max(peak, tree_bytes(worker.pid))
        time.sleep(0.05)
    assert worker.stdout is not None
    return {**json.loads(worker.stdout.read()), "mib": peak / 2**20}


def tree_bytes(pid: int) -> int:
    """Memory of a process and its children, pages that they share counted once (Pss)."""
    total = 0
    # A process may end while it is looked at.
    with contextlib.suppress(OSError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(map(tree_bytes, map(int, (task / "children").read_text().split())))
    return total


def encode_both(held_out: str, corpus: str, rounds: int) -> None:
    vocab, merges = train_bpe(corpus, VOCAB_SIZE, [SPECIAL], num_processes=2)
    text = Path(held_out).read_bytes().decode("utf-8", "replace")
    ranks = {token: i for i, token in vocab.items() if token != SPECIAL.encode()}
    cold, warm, seconds = [], [], []
    for _ in range(rounds):
        encoding = tiktoken.Encoding(
            "peer", pat_str=PAT, mergeable_ranks=ranks, special_tokens={SPECIAL: len(ranks)}
        )
        tokenizer = Tokenizer(vocab, merges, [SPECIAL])
        # CPU time: both run in one thread, and another job may share the machine.
        t0 = time.process_time()
        theirs = encoding.encode(text, allowed_special="all")
        t1 = time.process_time()
        ours = tokenizer.encode(text)
        t2 = time.process_time()
        tokenizer.encode(text)
        t3 = time.process_time()
        assert ours == theirs
        cold.append((t1 - t0) / (t2 - t1))
        warm.append((t1 - t0) / (t3 - t2))
        seconds.append((t1 - t0, t2 - t1, t3 - t2))
    megabytes = len(text.encode()) / 1e6
    speeds = [megabytes / statistics.median(column) for column in zip(*seconds, strict=True)]
    print(f"encoding {megabytes:.1f} MB, one thread, CPU time, {rounds} rounds")
    print("  tiktoken {:.1f} MB/s, ours cold {:.1f} MB/s, warm {:.1f} MB/s".format(*speeds))
    print(f"  speed ours / tiktoken, cold: {spread(cold)}")
    print(f"  speed ours / tiktoken, warm: {spread(warm)}")


def train_both(corpus: str, processes: int, rounds: int) -> None:
    runs: dict[str, list[dict[str, float]]] = {"ours": [], "hf": []}
    for _ in range(rounds):
        for name, results in runs.items():
            results.append(run_apart(name, corpus, processes))
    megabytes = Path(corpus).stat().st_size / 1e6
    print(f"training {megabytes:.1f} MB to {VOCAB_SIZE}, {processes} processes or threads")
    for name, results in runs.items():
        median = {key: statistics.median(run[key] for run in results) for key in results[0]}
        print("  {}: {seconds:.2f} s, CPU {cpu:.2f} s, peak {mib:.0f} MiB".format(name, **median))
    for key in ("seconds", "cpu", "mib"):
        pairs = zip(runs["ours"], runs["hf"], strict=True)
        print(f"  {key} ours / HF: {spread([ours[key] / hf[key] for ours, hf in pairs])}")


def spread(ratios: list[float]) -> str:
    return f"median {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("corpus")
    parser.add_argument("held_out")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--train", choices=["ours", "hf"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        train = {"ours": train_ours, "hf": train_hf}[options.train]
        print(json.dumps(train(options.corpus, options.processes)))
        return
    train_both(options.corpus, options.processes, options.rounds)
    encode_both(options.held_out, options.corpus, options.rounds)


if __name__ == "__main__":
    main()
