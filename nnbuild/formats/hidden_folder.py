"""Hidden folders for files in the making. One that a killed program has left is cleared by the next."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from nnbuild.ending import before_the_end, done_with

_PREFIX, _LOCK = ".nnbuild-", "lock"

#: Seconds after which an empty folder is that of a program which was killed before it took its lock.
_OLD = 3600


class HiddenFolder:
    """A folder of its own in this one, held by a lock for as long as the program lives.

    Clears those whose program has gone. Raises: OSError where none can be made.
    """

    def __init__(self, parent: Path) -> None:
        _clear_dead(parent)
        while not self._made(parent):
            pass

    def _made(self, parent: Path) -> bool:
        self.path = parent / f"{_PREFIX}{secrets.token_hex(6)}"
        self._lock: int | None = None
        before_the_end(self.remove)
        try:
            self.path.mkdir(0o700)
            self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            ours = _hold(self._lock) is not False and os.fstat(self._lock).st_nlink > 0
        except BaseException:
            self.remove()
            raise
        if not ours:  # another program took it for dead before it was held
            self.remove()
        return ours

    def remove(self) -> None:
        """Remove it with all that is in it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        shutil.rmtree(self.path, ignore_errors=True)
        done_with(self.remove)


def _hold(file: int) -> bool | None:
    """Whether this program has the lock now; None where the system knows no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _clear_dead(parent: Path) -> None:
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    _clear_if_dead(Path(entry.path))


def _clear_if_dead(folder: Path) -> None:
    """Only what is this user's, and what nobody holds."""
    found = folder.lstat()
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        return
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        if time.time() - found.st_mtime > _OLD:
            folder.rmdir()
        return
    try:
        if _hold(lock):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
