"""`let:`: names for computed values, and small functions.

let:
  widths: [8 * width * 2 ** i for i in range(4)]
  divisible(v, by=8): max(by, int(v + by / 2) // by * by)
  table: Embedding(100, 8)                # a layer for several blocks
"""

from __future__ import annotations

from nnbuild.errors import NnbuildError, SpecError
from nnbuild.spec.build.signature import SpecFunction, parse_signature
from nnbuild.spec.build.values import located, value_of
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.text.nodes import Mapping, Node, Scalar


def add_lets(node: Mapping, names: Scope, scope: Scope, caller: Caller) -> None:
    """Put the values into `names`, evaluated in order in `scope`, which sees those before."""
    for key, value in node.entries:
        if key.text.isidentifier():
            _refuse_quoted_list(value)
            try:
                result = value_of(value, scope, caller)
            except NnbuildError as error:
                raise located(value, error) from None
            names.values[key.text] = result
        else:
            signature = parse_signature(key, "a function")
            names.values[signature.name] = SpecFunction(signature, value, scope)


def _refuse_quoted_list(value: Node) -> None:
    """Refuse `"[64, 128]"`, which is text here and would fail far from its place."""
    if isinstance(value, Scalar) and value.quoted and value.text.strip()[:1] == "[" and value.text.strip()[-1:] == "]":
        hint = "write it without quotes; one with brackets inside as list(... for ...), or one item a line"
        raise SpecError("a list in quotes is text", mark=value.mark, hint=hint)
