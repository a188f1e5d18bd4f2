"""Frames: bounded headers, and memory files that are copied out and never trusted."""

from __future__ import annotations

import os
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.wall.codec import ALIGN, Malformed, Unsendable
from grader.wall.frames import (
    HEADER,
    MAX_PAYLOAD,
    MAX_SHARED,
    Arena,
    Pipe,
    copy_out,
    header,
    parse_header,
)


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = os.memfd_create("test", os.MFD_ALLOW_SEALING)
    yield descriptor
    os.close(descriptor)


def test_a_header_says_both_sizes() -> None:
    assert parse_header(header(b"abc", 70)) == (3, 70)
    assert len(header(b"", 0)) == HEADER.size == 12
    assert parse_header(HEADER.pack(MAX_PAYLOAD, MAX_SHARED)) == (MAX_PAYLOAD, MAX_SHARED)


@pytest.mark.parametrize(
    "sizes",
    [
        (MAX_PAYLOAD + 1, 0),
        (0, MAX_SHARED + 1),
        (2**32 - 1, 0),
        (0, 2**64 - 1),
        (2**32 - 1, 2**64 - 1),
    ],
)
def test_a_header_over_its_bounds_is_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(Malformed, match="over the limit"):
        parse_header(HEADER.pack(*sizes))


def test_a_frame_over_its_bounds_is_not_sent() -> None:
    header(bytes(MAX_PAYLOAD), MAX_SHARED)
    with pytest.raises(Unsendable, match="send it in pieces"):
        header(bytes(MAX_PAYLOAD + 1), 0)
    with pytest.raises(Unsendable):
        header(b"", MAX_SHARED + 1)


@pytest.mark.parametrize("size", [1, 100, 4096, 4097, 2**22 + 5])
def test_a_copy_is_private(memory: int, size: int) -> None:
    before, after = os.urandom(size), os.urandom(size)
    os.write(memory, before)
    copy = copy_out(memory, size)
    os.pwrite(memory, after, 0)
    os.ftruncate(memory, 0)
    assert copy[:] == before
    copy[0:1] = b"x"
    assert len(copy) == size


def test_a_copy_ignores_where_the_sender_left_the_file_position(memory: int) -> None:
    os.write(memory, b"abcdef")
    os.lseek(memory, 3, os.SEEK_SET)
    assert copy_out(memory, 4)[:] == b"abcd"


def test_a_memory_file_that_is_too_small_is_refused(memory: int) -> None:
    with pytest.raises(Malformed, match="smaller"):
        copy_out(memory, 1)
    os.write(memory, bytes(4096))
    with pytest.raises(Malformed, match="smaller"):
        copy_out(memory, 4097)


def test_a_memory_file_of_holes_is_refused(memory: int) -> None:
    os.ftruncate(memory, 2**33)
    with pytest.raises(Malformed, match="smaller"):
        copy_out(memory, 2**33)
    os.pwrite(memory, b"x", 0)
    with pytest.raises(Malformed, match="smaller"):
        copy_out(memory, 2**33)


def open_pipe() -> list[int]:
    return list(os.pipe())


def open_socket() -> list[int]:
    return [end.detach() for end in socket.socketpair()]


def open_zero() -> list[int]:
    return [os.open("/dev/zero", os.O_RDONLY)]


def open_disk_file() -> list[int]:
    with tempfile.NamedTemporaryFile(
        dir=Path(__file__).parent
    ) as file:  # /tmp may be memory, which has seals
        file.write(bytes(2**16))
        file.flush()
        return [os.dup(file.fileno())]


def open_folder() -> list[int]:
    return [os.open("/", os.O_RDONLY)]


def open_event() -> list[int]:
    return [os.eventfd(5)]


def open_write_only() -> list[int]:
    descriptor = os.memfd_create("test", os.MFD_ALLOW_SEALING)
    os.write(descriptor, bytes(2**16))
    write_only = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY)
    return [write_only, descriptor]


@pytest.mark.parametrize(
    "opener",
    [open_pipe, open_socket, open_zero, open_disk_file, open_folder, open_event, open_write_only],
)
def test_a_descriptor_that_is_no_readable_memory_file_is_refused(opener: object) -> None:
    descriptors = opener()  # type: ignore[operator]
    try:
        with pytest.raises(Malformed, match="no memory file"):
            copy_out(descriptors[0], 4096)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def test_a_closed_descriptor_is_refused() -> None:
    descriptor = os.memfd_create("test")
    os.close(descriptor)
    with pytest.raises(Malformed, match="no memory file"):
        copy_out(descriptor, 1)


def test_an_arena_lays_buffers_out_aligned_and_can_be_filled_again() -> None:
    arena = Arena()
    try:
        first = arena.fill([memoryview(b"abc"), memoryview(b"de")], 2 * ALIGN)
        assert copy_out(first, 2 * ALIGN)[:] == b"abc".ljust(ALIGN, b"\0") + b"de".ljust(
            ALIGN, b"\0"
        )
        assert arena.fill([memoryview(b"xyz" * ALIGN)], 3 * ALIGN) == first
        assert copy_out(first, 3 * ALIGN)[:] == b"xyz" * ALIGN
        assert not os.get_inheritable(first)
    finally:
        arena.close()
    arena.close()
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(first)


def test_pipes_carry_frames_in_both_directions() -> None:
    left, right = socket.socketpair()
    with left, right:
        a, b = Pipe(left), Pipe(right)
        for payload, buffers, size in [
            (b"", [], 0),
            (b"abc", [], 0),
            (b"x" * 3_000_000, [], 0),
            (b"y", [memoryview(bytes(100))], 2 * ALIGN),
            (b"z", [memoryview(os.urandom(2**20))], 2**20),
        ]:
            for sender, receiver in ((a, b), (b, a)):
                thread = threading.Thread(target=sender.send, args=(payload, buffers, size))
                thread.start()
                got, shared = receiver.receive()
                thread.join()
                assert got == payload
                assert len(shared) == size
                for view in buffers:
                    assert shared[: view.nbytes] == view


def test_a_pipe_whose_other_end_is_gone_is_at_its_end() -> None:
    left, right = socket.socketpair()
    with right:
        left.sendall(struct.pack("!IQ", 10, 0) + b"half")
        left.close()
        with pytest.raises(EOFError):
            Pipe(right).receive()
