"""The stub of nnbuild.nn: every name, and the file that it lives in."""

from itertools import groupby
from typing import Any

from nnbuild import nn

_HEAD = """\
# Written by `python -m tests.stubs.make`; a test holds it equal to the registry.

from nnbuild import ops as ops
from nnbuild.nn import init as init, reparametrized as utils
"""


def _home(value: Any) -> str:
    return str(value.__module__)


def text() -> str:
    """The stub."""
    values = [value for name in dir(nn) if callable(value := getattr(nn, name))]
    lines = [_HEAD]
    for home, members in groupby(sorted(values, key=_home), key=_home):
        imported = ", ".join(f"{member.__name__} as {member.__name__}" for member in members)
        lines.append(f"from {home} import {imported}\n")
    return "".join((*lines, "\nfunctional = ops\n\nLAYERS: dict[str, str]\n"))
