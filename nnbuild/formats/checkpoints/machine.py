"""What runs a pickle's steps: bytes in, a stack, a memo, and calls of admitted names only."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NoReturn

from nnbuild.errors import InputError
from nnbuild.formats.checkpoints.records import Instance, Name, StatefulDict

_MAX_LINE = 10_000

#: What stands on the stack where a MARK was; nothing that a pickle makes is it.
MARK = object()

#: What a key of a dict is, or a short tuple of these: hashing it neither recurses nor can be made to collide.
_KEYS = (str, bytes, int, float, bool, type(None), Name)

ADVICE = "nnbuild reads tensors and runs nothing; in PyTorch: torch.save(model.state_dict(), 'weights.pth')"


class Machine:
    """Params: data, the bytes; names, gives the Name of a text; persistent, the object of a persistent id; what, the
    file for messages; position, where the pickle begins, and where it has ended when it has run.
    """

    def __init__(
        self,
        data: memoryview,
        names: Callable[[str], Name | None],
        persistent: Callable[[Any], Any],
        what: str,
        position: int = 0,
    ) -> None:
        self.data = data
        self.position = position
        self.what = what
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.persistent = persistent
        self._names = names

    def take(self, count: int) -> memoryview:
        """The next bytes."""
        end = self.position + count
        if end > len(self.data):
            raise InputError(f"{self.what} is cut short: its pickle does not end")
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def number(self, form: str) -> Any:
        """The next number. Params: form, as struct has it."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> str:
        """The bytes up to the next end of a line, as text."""
        text = bytes(self.data[self.position : self.position + _MAX_LINE])
        end = text.find(b"\n")
        if end < 0:
            raise InputError(f"{self.what} is cut short or has a damaged pickle: a line does not end")
        self.position += end + 1
        return text[:end].decode("utf-8", "replace").rstrip("\r")

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Take the value from the top of the stack."""
        value = self.stack.pop()
        if value is MARK:
            raise ValueError("a mark in place of a value")
        return value

    @property
    def top(self) -> Any:
        """The value on the top of the stack, which stays there."""
        if self.stack[-1] is MARK:
            raise ValueError("a mark in place of a value")
        return self.stack[-1]

    def above_mark(self) -> list[Any]:
        """Take the values above the last mark, and the mark."""
        place = len(self.stack) - 1
        while place >= 0 and self.stack[place] is not MARK:
            place -= 1
        if place < 0:
            raise ValueError("there is no mark")
        values = self.stack[place + 1 :]
        del self.stack[place:]
        return values

    def remember(self, index: int) -> None:
        """Keep the value on the top of the stack."""
        self.memo[index] = self.top

    def mention(self, module: Any, name: Any) -> None:
        """Put a name on the stack; one of Python's own library that is not admitted is refused."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise ValueError("a name that is no text")
        text = f"{module}.{name}"
        found = self._names(text)
        self.push(found if found is not None else self.refuse(f"uses {text}"))

    def refuse(self, deed: str) -> NoReturn:
        """Raise the error of a pickle that wants more than data."""
        raise InputError(f"{self.what} {deed}, which is no part of a tensor: it is not read", hint=ADVICE)

    def call(self, function: Any, args: Any) -> Any:
        """What an admitted name makes of the arguments."""
        if not isinstance(function, Name):
            raise ValueError("a call of what is no name")
        if function.make is None:
            self.refuse(f"calls {function.text}")
        if not isinstance(args, (tuple, list)):
            raise ValueError("a call without arguments")
        return function.make(*args)

    def instance(self, kind: Any, args: Any) -> Any:
        """What an admitted name makes; of any other class an object without behaviour."""
        if isinstance(kind, Name) and kind.make is None:
            return Instance(kind.text)
        return self.call(kind, args)

    def build(self, target: Any, state: Any) -> None:
        """Give an object its state."""
        if isinstance(target, Name):
            self.refuse(f"changes {target.text}")
        if isinstance(target, (Instance, StatefulDict)):
            target.state = state
        elif hasattr(target, "set_state"):
            target.set_state(state)

    def set_items(self, target: Any, values: list[Any]) -> None:
        """Keys and values into a dict."""
        items = target.items if isinstance(target, Instance) else target
        if not isinstance(items, dict) or len(values) % 2:
            raise ValueError("items for what is no dict")
        for place in range(0, len(values), 2):
            items[_checked_key(values[place])] = values[place + 1]

    def extend(self, target: Any, values: list[Any]) -> None:
        """Values into a list."""
        if isinstance(target, Instance):
            target.items.update(enumerate(values, len(target.items)))
        elif isinstance(target, list):
            target.extend(values)
        else:
            raise ValueError("items for what is no list")


def _checked_key(key: Any) -> Any:
    parts = key if isinstance(key, tuple) else (key,)
    if len(parts) > 16 or not all(isinstance(part, _KEYS) for part in parts):
        raise ValueError("a key of a dict that is neither text nor a number")
    if any(isinstance(part, int) and part.bit_length() > 64 for part in parts):
        raise ValueError("a key of a dict that is too large a number")
    return key
