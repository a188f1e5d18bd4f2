"""Frames: a bounded payload, and a memory file that holds its large buffers.

Each end writes a header (payload bytes, shared bytes) and the payload. When shared bytes are
announced, the descriptor of a memory file travels with the header, and the receiver copies them out
at once, into memory of its own that nobody else can change. One side speaks at a time, so the
sender may fill the same file again for its next frame: its pages are there already, which makes
this three times as fast as a new file for each frame.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any, Final

from grader.wall.codec import Malformed, Unsendable, aligned

HEADER: Final = struct.Struct("!IQ")
MAX_PAYLOAD: Final = 8 * 2**20
"""Bytes of a payload. Decoding can take 64 times as much (empty lists), so it stays small."""
MAX_SHARED: Final = 8 * 2**30
"""Bytes of shared memory with one frame; the sandbox's memory limit binds earlier."""
PIECE: Final = 2**20

_F_GET_SEALS: Final = 1034
_MADV_HUGEPAGE: Final = 14
_KEEP_ARENA: Final = 256 * 2**20


def header(payload: bytes, shared_size: int) -> bytes:
    """Return the header of a frame.

    Raises: Unsendable, if the frame is over its bounds.
    """
    if len(payload) > MAX_PAYLOAD or shared_size > MAX_SHARED:
        raise Unsendable(
            f"the value takes {len(payload)} bytes as a message, and {MAX_PAYLOAD} is the limit: "
            "send it in pieces, or as an array"
        )
    return HEADER.pack(len(payload), shared_size)


def parse_header(data: bytes | bytearray) -> tuple[int, int]:
    """Return (payload bytes, shared bytes).

    Raises: Malformed, if they are over their bounds.
    """
    payload_size, shared_size = HEADER.unpack(data)
    if payload_size > MAX_PAYLOAD or shared_size > MAX_SHARED:
        raise Malformed(
            f"a frame of {payload_size} bytes with {shared_size} shared is over the limit"
        )
    return payload_size, shared_size


class Arena:
    """A sender's memory file, filled again for each frame."""

    def __init__(self) -> None:
        self._descriptor = -1
        self._size = 0

    def fill(self, buffers: Sequence[memoryview], size: int) -> int:
        """Write the buffers one after the other and return the descriptor to send along."""
        if self._descriptor < 0:
            self._descriptor = os.memfd_create("lmkata", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        if size > self._size:
            os.posix_fallocate(self._descriptor, 0, size)
            self._size = size
        offset = 0
        for view in buffers:
            written = 0
            while written < view.nbytes:
                written += os.pwrite(self._descriptor, view[written:], offset + written)
            offset += aligned(view.nbytes)
        return self._descriptor

    def sent(self) -> None:
        """Let a very large file go, so that it isn't held for the rest of the run."""
        if self._size > _KEEP_ARENA:
            self.close()

    def close(self) -> None:
        """Free the memory."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._size = -1, 0


def is_memory_file(descriptor: int) -> bool:
    """True for a memfd: only those have seals. Reading one never blocks."""
    try:
        fcntl.fcntl(descriptor, _F_GET_SEALS)
    except OSError:
        return False
    return True


def copy_out(descriptor: int, size: int) -> mmap.mmap:
    """Copy the first `size` bytes of a received memory file into new private memory.

    Raises: Malformed, for another kind of file, or one that does not really hold so much.
    """
    if not is_memory_file(descriptor):
        raise Malformed("a descriptor that is no memory file")
    try:
        state = os.fstat(descriptor)
        if state.st_size < size or state.st_blocks * 512 < size:
            raise Malformed("shared memory that is smaller than announced")
        copy = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        with contextlib.suppress(OSError):
            copy.madvise(_MADV_HUGEPAGE)
        done = 0
        while done < size:
            count = os.preadv(descriptor, [memoryview(copy)[done:]], done)
            if not count:
                raise Malformed("shared memory that shrank")
            done += count
    except OSError as error:
        raise Malformed("a descriptor that is no memory file") from error
    return copy


class Pipe:
    """The solver's end of the wall: blocking, one frame at a time."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._arena = Arena()

    def send(self, payload: bytes, buffers: Sequence[memoryview], size: int) -> None:
        """Send one frame.

        Raises: Unsendable, if it is over the bounds; nothing was sent then.
        """
        head = header(payload, size)
        if size:
            socket.send_fds(self._end, [head], [self._arena.fill(buffers, size)])
            self._end.sendall(payload)
        else:
            self._end.sendall(head + payload)

    def receive(self) -> tuple[bytes, Any]:
        """Return payload and mapped shared memory.

        Raises: EOFError, when the judge is gone.
        """
        head, descriptors, _, _ = socket.recv_fds(self._end, HEADER.size, 1)
        while len(head) < HEADER.size:
            head += self._read(HEADER.size - len(head))
        payload_size, shared_size = parse_header(head)
        shared: Any = b""
        if shared_size:
            shared = copy_out(descriptors[0], shared_size)
            os.close(descriptors[0])
        payload = self._read(payload_size)
        # The whole request is here, so the judge has read our last answer: its buffers can go.
        self._arena.sent()
        return payload, shared

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = self._end.recv(min(size - len(data), PIECE))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)
