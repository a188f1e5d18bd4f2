"""The judge's end of the wall: never blocks past a deadline, and drains the solver's prints."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections import deque
from typing import Any, Final

from grader.wall import frames
from grader.wall.codec import Malformed
from grader.wall.errors import Crashed, Late, Violation

KEEP: Final = 16 * 1024
"""Bytes of stdout and of stderr kept for a test."""
_TICK: Final = 0.05
"""Seconds between two looks at whether the solver still lives."""


class Output:
    """One captured stream: the first KEEP bytes of a test, and a count of the rest."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        os.set_blocking(descriptor, False)
        self._kept = bytearray()
        self._seen = 0
        self.total = 0

    def drain(self) -> bool:
        """Read what is there; False at the end of the stream."""
        while True:
            try:
                piece = os.read(self.descriptor, 65536)
            except BlockingIOError:
                return True
            if not piece:
                return False
            self.total += len(piece)
            self._seen += len(piece)
            self._kept += piece[: KEEP - len(self._kept)]
            if len(piece) < 65536:
                return True

    def take(self) -> str:
        """Return what was captured since the last time, and start anew."""
        text = self._kept.decode("utf-8", "replace")
        if self._seen > len(self._kept):
            text += f"\n… {self._seen - len(self._kept)} more bytes were cut"
        self._kept.clear()
        self._seen = 0
        return text


class Link:
    """Frames to and from one solver, with its two output streams, on one thread."""

    def __init__(
        self, end: socket.socket, stdout: int, stderr: int, *, max_output: int, max_shared: int
    ) -> None:
        self._end = end
        end.setblocking(False)
        self._outputs = {stdout: Output(stdout), stderr: Output(stderr)}
        self.stdout, self.stderr = self._outputs[stdout], self._outputs[stderr]
        self._max_output = max_output
        self._max_shared = max_shared
        self._arena = frames.Arena()
        self._poll = select.epoll()
        for descriptor in (end.fileno(), stdout, stderr):
            self._poll.register(descriptor, select.EPOLLIN)
        self._data = bytearray()
        self._descriptors: deque[int] = deque()

    def send(self, payload: bytes, buffers: list[memoryview], size: int, deadline: float) -> None:
        """Send one frame; a solver that doesn't read in time is Late."""
        data = memoryview(frames.header(payload, size) + payload)
        descriptors = [self._arena.fill(buffers, size)] if size else []
        while data:
            self._check(deadline)
            try:
                sent = socket.send_fds(self._end, [data[: frames.PIECE]], descriptors)
            except BlockingIOError:
                self._wait(deadline, select.EPOLLIN | select.EPOLLOUT)
                continue
            except OSError as error:
                raise Crashed("the solver hung up") from error
            data = data[sent:]
            descriptors = []

    def receive(self, deadline: float) -> tuple[bytes, Any]:
        """Return the next frame.

        Raises: Late, Crashed, Violation.
        """
        while (frame := self._parse()) is None:
            self._check(deadline)
            if not self._read():
                self._wait(deadline, select.EPOLLIN)
        self._arena.sent()
        return frame

    def quiet(self) -> bool:
        """True if the solver has sent nothing: between two calls it has nothing to say."""
        return not self._data and not self._descriptors and not self._read()

    def drain(self) -> None:
        """Read what the solver has printed up to now."""
        for output in self._outputs.values():
            output.drain()

    def close(self) -> None:
        """Close all descriptors."""
        self._poll.close()
        self._end.close()
        self._arena.close()
        while self._descriptors:
            os.close(self._descriptors.popleft())
        for descriptor in self._outputs:
            os.close(descriptor)

    @staticmethod
    def _check(deadline: float) -> None:
        """A solver that keeps us busy is late all the same."""
        if time.monotonic() > deadline:
            raise Late("no answer within the time limit")

    def _wait(self, deadline: float, events: int) -> None:
        """Wait for the socket, draining prints meanwhile."""
        self._poll.modify(self._end.fileno(), events)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Late("no answer within the time limit")
            ready = self._poll.poll(min(left, _TICK))
            for descriptor, _ in ready:
                if descriptor == self._end.fileno():
                    return
                if not self._outputs[descriptor].drain():
                    self._poll.unregister(descriptor)
            if max(output.total for output in self._outputs.values()) > self._max_output:
                raise Violation(f"it printed more than {self._max_output // 2**20} MiB")
            if not ready:
                return

    def _read(self) -> bool:
        """Read once; False if nothing is there."""
        try:
            data, descriptors, flags, _ = socket.recv_fds(self._end, frames.PIECE, 2)
        except BlockingIOError:
            return False
        except OSError as error:
            raise Crashed("the solver hung up") from error
        strangers = [d for d in descriptors if not frames.is_memory_file(d)]
        for descriptor in strangers:
            # Closing one may block (a socket that lingers): not on our time.
            threading.Thread(target=os.close, args=(descriptor,), daemon=True).start()
        self._descriptors.extend(d for d in descriptors if d not in strangers)
        if strangers:
            raise Violation("it sent a descriptor that is no memory file")
        if flags & socket.MSG_CTRUNC or len(self._descriptors) > 1:
            raise Violation("it sent descriptors that belong to no frame")
        if not data:
            raise Crashed("the solver's process ended without an answer")
        self._data += data
        return True

    def _parse(self) -> tuple[bytes, Any] | None:
        if len(self._data) < frames.HEADER.size:
            return None
        try:
            payload_size, shared_size = frames.parse_header(self._data[: frames.HEADER.size])
            end = frames.HEADER.size + payload_size
            if len(self._data) < end:
                return None
            payload = bytes(memoryview(self._data)[frames.HEADER.size : end])
            del self._data[:end]
            return payload, self._map(shared_size)
        except Malformed as error:
            raise Violation(f"it sent {error}") from error

    def _map(self, size: int) -> Any:
        if not size:
            return b""
        if not self._descriptors:
            raise Malformed("a frame without its shared memory")
        if size > self._max_shared:
            # A file with holes costs its sender nothing, and our copy of it all of its size.
            raise Malformed(f"{size} bytes of shared memory, more than it may use")
        descriptor = self._descriptors.popleft()
        try:
            return frames.copy_out(descriptor, size)
        finally:
            os.close(descriptor)
