"""Runs commands under an audit hook, which reports whatever a file from a stranger must never bring about.

    python -m tests.hostile.files.audit FOLDER < commands.json     # files may be read and written in the folder
    python -m tests.hostile.files.audit FOLDER --prove             # does what is forbidden, to see that it is reported

Prints a JSON list of what was done that must not be. Source: https://docs.python.org/3/library/audit_events.html
"""

from __future__ import annotations

import ast
import json
import os
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).parents[3]

#: What is done to start programs, to reach the network, and to load objects.
FORBIDDEN = (
    "subprocess.", "os.exec", "os.system", "os.posix_spawn", "os.spawn", "os.startfile", "os.fork", "pty.spawn",
    "socket.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "pickle.find_class", "code.__new__",
    "os.kill", "signal.pthread_kill", "shutil.chown",
)  # fmt: skip

#: What changes a file or a folder, by its path.
CHANGES = (
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.truncate", "os.chmod", "os.chown",
    "shutil.rmtree", "shutil.move", "tempfile.mkdtemp", "tempfile.mkstemp",
)  # fmt: skip

#: What the system says of itself: memory and processors.
SYSTEM = ("/proc/meminfo", "/sys/fs/cgroup/", "/proc/self/", "/proc/cpuinfo", "/sys/devices/system/", os.devnull)

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Audit:
    """The hook. Params: folder, where files may be read and written; found, what was done that must not be."""

    def __init__(self, folder: Path) -> None:
        self.found: list[str] = []
        self.folder = os.path.realpath(folder)
        own = {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, *sys.path, str(ROOT / "nnbuild")}
        self.readable = tuple(
            os.path.realpath(path)
            for path in (*own, ROOT / "specs", ROOT / "tests")
            if str(path) and Path(path) != ROOT
        )
        self.active = True

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.active:
            return
        self.active = False  # what the hook itself does
        try:
            problem = self._problem(event, args)
        finally:
            self.active = True
        if problem:
            self.found.append(problem)
            raise PermissionError(problem)

    def _problem(self, event: str, args: tuple[Any, ...]) -> str | None:
        if event.startswith(FORBIDDEN):
            return f"{event} {args!r:.200}"
        if event == "open":
            return self._opened(*args)
        if event in CHANGES:
            return None if self._changes_inside(event, args) else f"{event} {args!r:.200}"
        if event == "compile" and not (_importing() or _calls(ast.parse)):
            return f"compile of {args[0]!r:.200}"
        if event == "exec" and not (_importing() or self._is_of_the_program(args[0])):
            return f"exec of {args[0]!r:.200}"
        return None

    def _opened(self, path: Any, mode: Any, flags: Any) -> str | None:
        if isinstance(path, int):
            return None
        writing = bool((flags or 0) & _WRITING) or bool(mode and set(mode) & set("wax+"))
        name = os.fsdecode(path)
        if name.startswith(SYSTEM) and (not writing or name == os.devnull):
            return None
        allowed = (self.folder,) if writing else (self.folder, *self.readable)
        return None if self._inside(name, allowed) else f"open {name!r} {'to write' if writing else 'to read'}"

    def _changes_inside(self, event: str, args: tuple[Any, ...]) -> bool:
        """Whether what is changed lies in the folder; a name may be relative to an open folder, the last argument."""
        paths = args[:2] if event in ("os.rename", "os.link", "shutil.move") else args[:1]
        relative = event in ("os.remove", "os.rmdir", "os.mkdir", "os.rename", "os.link", "os.symlink", "os.chmod")
        above = args[-1] if relative and args[-1] >= 0 else None
        start = Path(f"/proc/self/fd/{above}").readlink() if above is not None else Path()
        named = [os.fsdecode(path) for path in paths if not isinstance(path, int)]
        return all(self._inside(start / name, (self.folder,)) for name in named)

    def _inside(self, path: Any, folders: tuple[str, ...]) -> bool:
        real = os.path.realpath(os.fsdecode(path))
        return any(real == folder or real.startswith(folder + os.sep) for folder in folders)

    def _is_of_the_program(self, code: Any) -> bool:
        return isinstance(code, CodeType) and self._inside(code.co_filename, self.readable)


def _frames() -> list[FrameType]:
    frames, frame = [], sys._getframe(1)
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back  # type: ignore[assignment]
    return frames


def _importing() -> bool:
    return any(frame.f_code.co_filename.startswith("<frozen importlib") for frame in _frames())


def _calls(function: Callable[..., Any]) -> bool:
    return any(frame.f_code is function.__code__ for frame in _frames())  # type: ignore[attr-defined]


def _acts(folder: Path) -> dict[str, Callable[[], Any]]:
    """What is forbidden, to be tried."""
    import pickle
    import socket
    import subprocess

    outside = folder.parent / "outside.txt"
    return {
        "open": outside.read_text,
        "open to write": lambda: outside.write_text(""),
        "link": (folder / "link.txt").read_text,
        "program": lambda: subprocess.run(["true"], check=True),
        "system": lambda: os.system("true"),
        "exec of a program": lambda: os.execv("/bin/true", ["true"]),
        "socket": lambda: socket.socket().connect(("127.0.0.1", 9)),
        "eval": lambda: eval("1 + 1"),
        "exec": lambda: exec("x = 1"),
        "compile": lambda: compile("1", "x", "eval"),
        "exec of a tree": lambda: exec(compile(ast.parse("x = 1"), "x", "exec")),
        "pickle": lambda: pickle.loads(b"cos\ngetpid\n."),
        "remove": outside.unlink,
        "folder": lambda: (folder.parent / "new").mkdir(),
    }


def _proofs(folder: Path, audit: Audit) -> list[str]:
    """The acts that were reported."""
    acts, reported = _acts(folder), []
    sys.addaudithook(audit)
    for name, act in acts.items():
        audit.found.clear()
        try:
            act()
        except PermissionError:
            reported += [name] if audit.found else []
    return reported


def _commands(audit: Audit, commands: list[list[str]]) -> list[str]:
    from click.testing import CliRunner

    sys.addaudithook(audit)
    from nnbuild.cli import cli

    for command in commands:
        result = CliRunner().invoke(cli, command, prog_name="nnbuild")
        if result.exit_code not in (0, 1, 2) or not isinstance(result.exception, SystemExit | None):
            audit.found.append(f"{command}: exit {result.exit_code}, {result.exception!r}")
    return audit.found


def main() -> None:
    folder = Path(sys.argv[1])
    audit = Audit(folder)
    found = _proofs(folder, audit) if "--prove" in sys.argv else _commands(audit, json.load(sys.stdin))
    audit.active = False
    print(json.dumps(found))


if __name__ == "__main__":
    main()
