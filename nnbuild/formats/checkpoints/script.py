"""Which attributes of a TorchScript class are its state: the code in the archive says it."""

from __future__ import annotations

import re

from nnbuild.errors import InputError
from nnbuild.formats.archive import Archive

PREFIX = "__torch__."
_CODE = "code/"
_MAX_CODE = 1 << 26

_CLASS = re.compile(r"^class (\w+)\(Module\):\n  __parameters__ = \[(.*)\]\n  __buffers__ = \[(.*)\]$", re.MULTILINE)
_NAME = re.compile(r'"([^"]*)"')


def state_names(archive: Archive, folder: str) -> dict[str, list[str]]:
    """The names of parameters and buffers by class. Params: folder, of the archive's members. Raises InputError."""
    found: dict[str, list[str]] = {}
    start = f"{folder}{_CODE}"
    files = [member for member in archive.members if member.name.startswith(start) and member.name.endswith(".py")]
    if sum(member.size for member in files) > _MAX_CODE:
        raise InputError(f"{archive.path} has more than {_MAX_CODE:,} bytes of code: it is not read")
    for member in files:
        module = member.name[len(start) : -len(".py")].replace("/", ".")
        text = archive.beginning(member, member.size).decode("utf-8", "replace")
        for kind, parameters, buffers in _CLASS.findall(text):
            found[f"{module}.{kind}"] = _NAME.findall(parameters) + _NAME.findall(buffers)
    return found
