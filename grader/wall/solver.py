"""The solver: imports the interface and the submission, and answers the judge's calls.

This runs inside the sandbox, beside code that nobody trusts. Nothing here is a defence; it only
serves honest submissions well. Messages are lists, the first item says which:

    judge → solver   call id function args kwargs · next id stream · drop handles
                     back id value error
    solver → judge   ready · value id value · stream id number · end id · raised id …
                     unsendable id reason · ask id callback args
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import functools
import importlib.util
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from grader.wall.codec import Decoder, Encoder, Handle, Unsendable
from grader.wall.frames import Pipe

_MAX_TEXT: Final = 8 * 1024
_PR_SET_PDEATHSIG: Final = 1


class CallbackError(RuntimeError):
    """A function of the judge, called by the submission, refused: its reason."""


class Solver:
    """Serves one judge over one pipe."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._kept: dict[int, Any] = {}
        self._last = 0
        self._asking = threading.Lock()
        self._call_id = b""

    def serve(self, interface: ModuleType) -> None:
        """Answer calls until the judge hangs up."""
        self._send(["ready"])
        while True:
            match self._receive():
                case ["call", bytes() as call_id, str() as name, list() as args, dict() as kwargs]:
                    function = getattr(interface, name)
                    self._answer(call_id, functools.partial(function, *args, **kwargs))
                case ["next", bytes() as call_id, int() as number]:
                    self._answer(call_id, functools.partial(self._next, number))
                case ["drop", list() as numbers]:
                    for number in numbers:
                        self._kept.pop(number, None)

    def fail(self, error: BaseException) -> None:
        """Report that interface or submission could not be imported."""
        self._send(["raised", b"", *describe(error)])

    def _answer(self, call_id: bytes, work: Callable[[], Any]) -> None:
        self._call_id = call_id
        try:
            try:
                value = work()
            finally:
                # Before the answer goes: what was printed belongs to the test that asked.
                _flush()
            if isinstance(value, _End):
                self._send(["end", call_id])
            elif isinstance(value, Iterator):
                self._send(["stream", call_id, self._keep(value)])
            else:
                self._send(["value", call_id, value])
        except Unsendable as error:
            self._send(["unsendable", call_id, str(error)[:_MAX_TEXT]])
        except BaseException as error:  # noqa: BLE001  (SystemExit and the like are answers too)
            self._send(["raised", call_id, *describe(error)])

    def _next(self, number: int) -> Any:
        try:
            return next(self._kept[number])
        except StopIteration:
            self._kept.pop(number, None)
            return _End()

    def _keep(self, value: object) -> int:
        self._last += 1
        self._kept[self._last] = value.value if isinstance(value, Handle) else value
        return self._last

    def _callback(self, number: int) -> Callable[..., Any]:
        def ask(*args: Any) -> Any:
            with self._asking:
                self._send(["ask", self._call_id, number, list(args)])
                match self._receive():
                    case ["back", bytes(), value, None]:
                        return value
                    case ["back", bytes(), _, str() as reason]:
                        raise CallbackError(reason)
            raise EOFError

        return ask

    def _send(self, message: list[Any]) -> None:
        encoder = Encoder(handle=self._keep)
        payload = encoder.encode(message)
        self._pipe.send(payload, encoder.buffers, encoder.size)

    def _receive(self) -> Any:
        payload, shared = self._pipe.receive()
        return Decoder(shared, handle=self._kept.__getitem__, callback=self._callback).decode(
            payload
        )


def _flush() -> None:
    for name in ("stdout", "stderr"):
        # The submission may have closed, replaced or deleted it.
        with contextlib.suppress(Exception):
            getattr(sys, name).flush()


class _End:
    """What `next` answers when a stream is at its end."""


def describe(error: BaseException) -> tuple[str, list[str], str, str]:
    """Return type, builtin ancestors, message and the traceback within the submission."""
    ancestors = [
        k.__name__ for k in type(error).__mro__ if getattr(builtins, k.__name__, None) is k
    ]
    try:
        message = str(error)
    except Exception:  # noqa: BLE001  (a submission's own __str__)
        message = "(its message can't be shown)"
    hidden = (str(Path(__file__).parent), "<frozen", importlib.util.__file__)
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(hidden)
    ]
    text = "".join(traceback.format_list(frames)) + "".join(traceback.format_exception_only(error))
    clean = [t.encode("utf-8", "replace").decode() for t in (type(error).__name__, message, text)]
    return clean[0][:200], ancestors, clean[1][:_MAX_TEXT], clean[2][-_MAX_TEXT:]


def load_interface(path: str, submission: str) -> ModuleType:
    """Import interface.py, which imports the submission from its folder, last on the path."""
    sys.path.append(submission)
    spec = importlib.util.spec_from_file_location("interface", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no interface at {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["interface"] = module
    spec.loader.exec_module(module)
    return module


def main(descriptor: int, interface: str, submission: str) -> None:
    """Serve on an inherited socket. The judge starts this with `python -I -S`."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    end = socket.socket(fileno=descriptor)
    os.set_inheritable(descriptor, False)
    solver = Solver(Pipe(end))
    try:
        module = load_interface(interface, submission)
    except BaseException as error:  # noqa: BLE001  (whatever the submission does at import)
        solver.fail(error)
        return
    try:
        solver.serve(module)
    except (EOFError, ConnectionError):
        # The judge hung up. Leave at once: threads and exit handlers of the submission don't count.
        os._exit(0)
