"""The end of the program from outside: by Ctrl-C or a signal, at any moment, with nothing left behind.

No exception is raised for it: in the middle of an import or of a foreign callback it would be swallowed or told as a
failure of theirs. The actions that are listed here are done, and the program ends.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False  # not typing's: see nnbuild/__init__.py

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

#: The exit status after Ctrl-C.
INTERRUPTED = 130

_actions: list[Callable[[], object]] = []


def before_the_end(action: Callable[[], object]) -> None:
    """Do this if the program is ended from outside, until it is done with."""
    _actions.append(action)


def done_with(action: Callable[[], object]) -> None:
    """What was asked for is not needed any more."""
    if action in _actions:
        _actions.remove(action)


def listen() -> None:
    """End as said above from here on; for the main thread. A signal that is ignored, as under nohup, stays so."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    while _actions:
        _quietly(_actions.pop())
    if number == signal.SIGINT:
        _quietly(lambda: os.write(2, b"interrupted\n"))
        os._exit(INTERRUPTED)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _quietly(action: Callable[[], object]) -> None:
    """Do it; that it fails is nobody's concern now. Nothing is imported for it: an import may be what is ended."""
    try:  # noqa: SIM105
        action()
    except Exception:
        pass
