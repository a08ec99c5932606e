"""The options of a layer in its long form: a list, a mapping, or a single value."""

from __future__ import annotations

from typing import Any

from nnbuild.spec.build.values import comprehension_of, evaluate, refuse_cut, starred, value_of, values_of
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.partials import Partial
from nnbuild.spec.language.places import option_names
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.text.nodes import Mapping, Node, Scalar, Sequence
from nnbuild.spec.text.scalars import EXPRESSION, constant


class Arguments:
    """Reads options for one layer type."""

    def __init__(self, caller: Caller, callee: Any, scope: Scope) -> None:
        self._caller = caller
        self._scope = scope
        skipped = 0
        while isinstance(callee, Partial):
            skipped += len(callee.args)
            callee = callee.target
        self._names = option_names(callee)[skipped:]
        self._is_open = getattr(callee, "has_open_options", False)
        options = callee.options() if hasattr(callee, "options") else ()
        self._options = {option.name: option for option in options}

    def read(self, node: Node) -> tuple[list[Any], dict[str, Any], dict[str, Node]]:
        """Positional and named arguments, and the place of each by the option's name."""
        if isinstance(node, Mapping):
            return self._named(node)
        if isinstance(node, Scalar) and not node.quoted and not node.text.strip():
            return [], {}, {}
        if isinstance(node, Sequence) and not comprehension_of(node):
            refuse_cut(node)
            if any(starred(item) for item in node.items):
                return [value for item in node.items for value in values_of(item, self._scope, self._caller)], {}, {}
            items: tuple[Node, ...] = node.items
        else:
            items = (node,)
        names = [*self._names[: len(items)], *[""] * (len(items) - len(self._names))]
        args = [self._value(item, name) for name, item in zip(names, items, strict=True)]
        return args, {}, dict(zip(names, items, strict=True))

    def _named(self, node: Mapping) -> tuple[list[Any], dict[str, Any], dict[str, Node]]:
        refuse_cut(node)
        unknown = [key.text for key, _ in node.entries if not self._takes(key.text)]
        kwargs = {
            key.text: None if key.text in unknown else self._value(value, key.text) for key, value in node.entries
        }  # an unknown option is refused by the layer, whatever its value
        places = {key.text: value if key.text in self._names else key for key, value in node.entries}
        return [], kwargs, places

    def _takes(self, name: str) -> bool:
        return not self._names or self._is_open or name in self._names

    def _value(self, node: Node, name: str) -> Any:
        """Text where the option takes this very text, else a constant or an expression."""
        option = self._options.get(name)
        if not isinstance(node, Scalar) or option is None:
            return value_of(node, self._scope, self._caller)
        plain = EXPRESSION if node.quoted else constant(node.text.strip())
        if plain is not EXPRESSION:
            return plain
        return node.text if option.is_text(node.text) else evaluate(node, self._scope, self._caller)
