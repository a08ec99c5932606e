"""`let:`: names for computed values, and small functions.

let:
  widths: [8 * width * 2 ** i for i in range(4)]
  divisible(v, by=8): max(by, int(v + by / 2) // by * by)
"""

from __future__ import annotations

from typing import Any

from nnbuild.errors import NnbuildError, SpecError
from nnbuild.spec.build.signature import SpecFunction, parse_signature
from nnbuild.spec.build.values import located, value_of
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.text.nodes import Mapping


def add_lets(node: Mapping, names: Scope, scope: Scope, caller: Caller) -> None:
    """Put the values into `names`, evaluated in order in `scope`, which sees those before."""
    for key, value in node.entries:
        if key.text.isidentifier():
            try:
                result = value_of(value, scope, caller)
            except NnbuildError as error:
                raise located(value, error) from None
            if holds_layer(result):
                raise SpecError(
                    f"{key.text} holds a layer; `let:` holds values",
                    mark=value.mark,
                    hint="layers belong under `layers:`; a layer type without options is a value: partial(...)",
                )
            names.values[key.text] = result
        else:
            signature = parse_signature(key, "a function")
            names.values[signature.name] = SpecFunction(signature, value, scope)


def holds_layer(value: Any) -> bool:
    """Whether there is a made layer in the value."""
    pending, seen = [value], set()
    while pending:
        item = pending.pop()
        if isinstance(item, (list, tuple, dict)):
            if id(item) not in seen:
                seen.add(id(item))
                pending += item.values() if isinstance(item, dict) else item
        elif hasattr(item, "_modules") and not isinstance(item, type):
            return True
    return False
