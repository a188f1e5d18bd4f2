"""Frames: a bounded payload, and one sealed memory file for its large buffers.

Each end writes a header (payload bytes, shared bytes) and the payload. When shared bytes are
announced, the descriptor of a memfd travels with the header. The sender seals the file before it
goes, so that neither side can change or shrink it later; the receiver refuses a file without seals.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any, Final

from grader.wall.codec import ALIGN, Malformed, Unsendable

HEADER: Final = struct.Struct("!IQ")
MAX_PAYLOAD: Final = 8 * 2**20
"""Bytes of a payload. Decoding can take 64 times as much memory (empty lists), so it stays small."""
MAX_SHARED: Final = 8 * 2**30
"""Bytes of shared memory with one frame; the sandbox's memory limit binds earlier."""
PIECE: Final = 2**20

_F_ADD_SEALS: Final = 1033
_F_GET_SEALS: Final = 1034
_SEALS: Final = 0x1 | 0x2 | 0x4 | 0x8  # no more seals, no shrinking, no growing, no writing


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
        raise Malformed(f"a frame of {payload_size} bytes with {shared_size} shared is over the limit")
    return payload_size, shared_size


def share(buffers: Sequence[memoryview], size: int) -> int:
    """Write the buffers into a new sealed memory file and return its descriptor."""
    descriptor = os.memfd_create("lmkata", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.truncate(descriptor, size)
        for view in buffers:
            # write() fills pages without mapping them first, half the faults of a copy by mmap.
            written = 0
            while written < view.nbytes:
                written += os.write(descriptor, view[written:])
            os.lseek(descriptor, -(-view.nbytes // ALIGN) * ALIGN - view.nbytes, os.SEEK_CUR)
        fcntl.fcntl(descriptor, _F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def map_shared(descriptor: int, size: int) -> mmap.mmap:
    """Map a received memory file: writable for this process, and unseen by the other.

    Raises: Malformed, for a file that its sender could still change, or of another size.
    """
    try:
        if fcntl.fcntl(descriptor, _F_GET_SEALS) != _SEALS:
            raise Malformed("shared memory that its sender did not seal")
        if os.fstat(descriptor).st_size != size:
            raise Malformed("shared memory of another size than announced")
        return mmap.mmap(descriptor, size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    except OSError as error:
        raise Malformed("a descriptor that is no memory file") from error


class Pipe:
    """The solver's end of the wall: blocking, one frame at a time."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def send(self, payload: bytes, buffers: Sequence[memoryview], size: int) -> None:
        """Send one frame.

        Raises: Unsendable, if it is over the bounds; nothing was sent then.
        """
        head = header(payload, size)
        if size:
            descriptor = share(buffers, size)
            try:
                socket.send_fds(self._end, [head], [descriptor])
            finally:
                os.close(descriptor)
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
            shared = map_shared(descriptors[0], shared_size)
            os.close(descriptors[0])
        return self._read(payload_size), shared

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = self._end.recv(min(size - len(data), PIECE))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)
