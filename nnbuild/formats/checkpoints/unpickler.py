"""A pickle's program, run by an interpreter that makes inert data only.

A name is looked up in a table of our own, and a call of it runs what stands there; every other call is refused. Work
and memory are bounded by the length of the pickle and by the limits below.

Source: https://github.com/python/cpython/blob/main/Lib/pickletools.py
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from nnbuild.errors import InputError
from nnbuild.formats.checkpoints.machine import MARK, Machine
from nnbuild.formats.checkpoints.records import Name

_MAX_OPERATIONS = 30_000_000
_MAX_INTEGER = 64  # bytes; the magic number of a stream has ten

_STOP = ord(".")


def unpickled(
    data: memoryview,
    names: Callable[[str], Name | None],
    persistent: Callable[[Any], Any],
    what: str,
    position: int = 0,
) -> tuple[Any, int]:
    """The object that a pickle makes, and where it ends.

    Params: names, the Name of a text, None for one that must not be mentioned; persistent, the object of a persistent
    id; what, the file for messages; position, where the pickle begins. Raises: InputError.
    """
    machine = Machine(data, names, persistent, what, position)
    try:
        return _run(machine), machine.position
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, struct.error) as error:
        if machine.position >= len(data):
            raise InputError(f"{what} is cut short: its pickle does not end") from None
        raise InputError(f"{what} has a damaged pickle, at byte {machine.position:,}: {error}") from None


def _run(machine: Machine) -> Any:
    data = machine.data
    for _ in range(_MAX_OPERATIONS):
        code = data[machine.position]
        machine.position += 1
        if code == _STOP:
            return machine.pop()
        operation = _OPERATIONS.get(code)
        if operation is None:
            raise ValueError(f"{code:#04x} is no step of a pickle")
        operation(machine)
    raise InputError(f"{machine.what} is a pickle of more than {_MAX_OPERATIONS:,} steps")


def _integer(data: memoryview) -> int:
    if len(data) > _MAX_INTEGER:
        raise ValueError("an integer that is too large")
    return int.from_bytes(data, "little", signed=True)


def _decimal(line: str) -> int | bool:
    if line in ("00", "01"):
        return line == "01"
    digits = line.removesuffix("L")
    if len(digits) > 2 * _MAX_INTEGER:
        raise ValueError("an integer that is too large")
    return int(digits)


def _text(data: memoryview) -> str:
    return bytes(data).decode("utf-8", "surrogatepass")


def _old_text(data: bytes) -> str | bytes:
    """A string of Python 2: text, unless it is bytes."""
    return data.decode("ascii") if data.isascii() else data


def _quoted(line: str) -> str | bytes:
    import codecs

    if len(line) < 2 or line[0] != line[-1] or line[0] not in "'\"":
        raise ValueError("a string without quotes")
    return _old_text(codecs.escape_decode(line[1:-1].encode())[0])


def _sized(form: str, make: Callable[[memoryview], Any]) -> Callable[[Machine], None]:
    """A step that pushes what is made of bytes behind their length."""
    return lambda machine: machine.push(make(machine.take(max(0, machine.number(form)))))


def _scalar(form: str) -> Callable[[Machine], None]:
    return lambda machine: machine.push(machine.number(form))


def _constant(value: Any) -> Callable[[Machine], None]:
    return lambda machine: machine.push(value)


def _tuple(count: int) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        values = [machine.pop() for _ in range(count)]
        machine.push(tuple(reversed(values)))

    return step


def _pairs(machine: Machine) -> None:
    values = machine.above_mark()
    made: dict[Any, Any] = {}
    machine.set_items(made, values)
    machine.push(made)


def _set_item(machine: Machine) -> None:
    value, key = machine.pop(), machine.pop()
    machine.set_items(machine.top, [key, value])


def _set_items(machine: Machine) -> None:
    values = machine.above_mark()
    machine.set_items(machine.top, values)


def _append(machine: Machine) -> None:
    value = machine.pop()
    machine.extend(machine.top, [value])


def _extend(machine: Machine) -> None:
    values = machine.above_mark()
    machine.extend(machine.top, values)


def _global(machine: Machine) -> None:
    module = machine.line()
    machine.mention(module, machine.line())


def _stack_global(machine: Machine) -> None:
    name, module = machine.pop(), machine.pop()
    machine.mention(module, name)


def _reduce(machine: Machine) -> None:
    args, function = machine.pop(), machine.pop()
    machine.push(machine.call(function, args))


def _new(machine: Machine) -> None:
    args, kind = machine.pop(), machine.pop()
    machine.push(machine.instance(kind, args))


def _new_with_keywords(machine: Machine) -> None:
    keywords, args, kind = machine.pop(), machine.pop(), machine.pop()
    if keywords:
        machine.refuse(f"calls {kind.text}")
    machine.push(machine.call(kind, args))


def _old_instance(machine: Machine) -> None:
    _global(machine)
    kind = machine.pop()
    machine.push(machine.call(kind, machine.above_mark()))


def _old_object(machine: Machine) -> None:
    kind, *args = machine.above_mark()
    machine.push(machine.call(kind, args))


def _extension(form: str) -> Callable[[Machine], None]:
    return lambda machine: machine.refuse(f"uses the extension {machine.number(form)} of copyreg")


def _build(machine: Machine) -> None:
    state = machine.pop()
    machine.build(machine.top, state)


def _out_of_band(machine: Machine) -> None:
    raise ValueError("data that is not in the file")


def _get(machine: Machine, index: int) -> None:
    machine.push(machine.memo[index])


#: The steps by their letters; https://peps.python.org/pep-0574/ is the last that added some.
_OPERATIONS: dict[int, Callable[[Machine], Any]] = {
    ord(code): step
    for code, step in {
        "(": lambda machine: machine.push(MARK),
        "0": lambda machine: machine.stack.pop(),
        "1": lambda machine: machine.above_mark(),
        "2": lambda machine: machine.push(machine.top),
        "N": _constant(None), "\x88": _constant(True), "\x89": _constant(False), ")": _constant(()),
        "]": lambda machine: machine.push([]),
        "}": lambda machine: machine.push({}),
        "\x8f": lambda machine: machine.push([]),
        "J": _scalar("<i"), "K": _scalar("<B"), "M": _scalar("<H"), "G": _scalar(">d"),
        "I": lambda machine: machine.push(_decimal(machine.line())),
        "L": lambda machine: machine.push(_decimal(machine.line())),
        "F": lambda machine: machine.push(float(machine.line())),
        "\x8a": _sized("<B", _integer), "\x8b": _sized("<i", _integer),
        "S": lambda machine: machine.push(_quoted(machine.line())),
        "V": lambda machine: machine.push(machine.line().encode("latin-1", "replace").decode("raw-unicode-escape")),
        "T": _sized("<i", lambda data: _old_text(bytes(data))), "U": _sized("<B", lambda data: _old_text(bytes(data))),
        "X": _sized("<I", _text), "\x8c": _sized("<B", _text), "\x8d": _sized("<Q", _text),
        "B": _sized("<I", bytes), "C": _sized("<B", bytes), "\x8e": _sized("<Q", bytes), "\x96": _sized("<Q", bytes),
        "t": lambda machine: machine.push(tuple(machine.above_mark())),
        "l": lambda machine: machine.push(machine.above_mark()),
        "\x91": lambda machine: machine.push(machine.above_mark()),
        "\x85": _tuple(1), "\x86": _tuple(2), "\x87": _tuple(3),
        "d": _pairs, "s": _set_item, "u": _set_items, "a": _append, "e": _extend, "\x90": _extend,
        "p": lambda machine: machine.remember(int(machine.line()[:20])),
        "q": lambda machine: machine.remember(machine.number("<B")),
        "r": lambda machine: machine.remember(machine.number("<I")),
        "\x94": lambda machine: machine.remember(len(machine.memo)),
        "g": lambda machine: _get(machine, int(machine.line()[:20])),
        "h": lambda machine: _get(machine, machine.number("<B")),
        "j": lambda machine: _get(machine, machine.number("<I")),
        "P": lambda machine: machine.push(machine.persistent(machine.line())),
        "Q": lambda machine: machine.push(machine.persistent(machine.pop())),
        "c": _global, "\x93": _stack_global, "R": _reduce, "b": _build,
        "\x81": _new, "\x92": _new_with_keywords, "i": _old_instance, "o": _old_object,
        "\x82": _extension("<B"), "\x83": _extension("<H"), "\x84": _extension("<i"),
        "\x80": lambda machine: machine.take(1), "\x95": lambda machine: machine.take(8),
        "\x97": _out_of_band, "\x98": _out_of_band,
    }.items()
}  # fmt: skip
