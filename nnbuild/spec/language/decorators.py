"""What decorators make of functions and classes. Those that are not understood are taken as if they were not there."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import BudgetError, NnbuildError, SpecError
from nnbuild.spec.language.classes import SourceClass
from nnbuild.spec.language.closures import Bound, Closure
from nnbuild.spec.language.objects import Property, StaticMethod
from nnbuild.spec.language.partials import Partial
from nnbuild.spec.language.records import NamedTupleType
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.language.values import Native, Opaque, Quiet

_WORDS = """abstractmethod overload override final lru_cache cache wraps no_grad inference_mode enable_grad script
    script_method script_if_tracing ignore unused export jit_ignore custom_fwd custom_bwd autocast deprecated
    contextmanager disable compile allow_in_graph total_ordering unique runtime_checkable"""
#: Decorators that make no difference to the network, by the last part of their name.
_SILENT = frozenset(_WORDS.split())


def decorated(caller: Any, value: Any, decorator: ast.expr, evaluator: Any, scope: Scope) -> Any:
    """The function or class as the decorator makes it."""
    head = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = ast.unparse(head).rpartition(".")[2]
    if name in ("property", "cached_property", "abstractproperty"):
        return Property(value)
    if name in ("staticmethod", "classmethod"):
        return StaticMethod(value, name == "classmethod")
    if name in ("setter", "getter", "deleter") and isinstance(head, ast.Attribute):
        return _with_setter(evaluator.evaluate(head.value, scope), name, value)
    if name == "dataclass" and isinstance(value, SourceClass):
        value.as_dataclass()
        return value
    if name in _SILENT:
        return value
    return _own(caller, value, decorator, evaluator, scope)


def _with_setter(known: Any, name: str, value: Any) -> Any:
    if not isinstance(known, Property):
        raise SpecError(f"{name} stands behind a property")
    return Property(known.getter, value if name == "setter" else known.setter)


def _own(caller: Any, value: Any, decorator: ast.expr, evaluator: Any, scope: Scope) -> Any:
    """A decorator of the files themselves is walked; what does not give a function or a class is passed over."""
    shown = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
    try:
        function = evaluator.evaluate(decorator, scope)
        if isinstance(function, Quiet | Opaque):
            raise SpecError(f"{shown} is not read")
        result = caller.call(function, [value], {}, None, None)
    except BudgetError:
        raise
    except NnbuildError:
        caller.remark(f"the decorator @{shown} of {value.__name__} is passed over")
        return value
    if isinstance(result, Closure | Bound | SourceClass | Partial | Native | NamedTupleType):
        return result
    caller.remark(f"the decorator @{shown} of {value.__name__} is passed over")
    return value
