"""Which `except` catches an error of the program's own."""

from __future__ import annotations

import ast

from nnbuild.errors import NnbuildError, OptionError

#: What a handler of this name catches beside itself.
_BELOW = {
    "LookupError": ("KeyError", "IndexError"),
    "ArithmeticError": ("ZeroDivisionError", "OverflowError"),
    "ImportError": ("ModuleNotFoundError",),
    "RuntimeError": ("NotImplementedError",),
}


def names_of(handler: ast.ExceptHandler) -> tuple[str, ...]:
    """The names of the errors that a handler catches; none for all of them."""
    if handler.type is None:
        return ()
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return tuple(ast.unparse(kind).rpartition(".")[2] for kind in types)


def caught_by(handlers: list[ast.ExceptHandler], error: NnbuildError) -> ast.ExceptHandler | None:
    """The handler of an error that the program raises or that Python would; None for what is not understood."""
    python = error.python or ("TypeError" if isinstance(error, OptionError) else None)
    if python is None:
        return None
    for handler in handlers:
        names = names_of(handler)
        if not names or any(_catches(name, python) for name in names):
            return handler
    return None


def _catches(name: str, python: str) -> bool:
    return name in (python, "Exception", "BaseException") or python in _BELOW.get(name, ())


def catches_imports(node: ast.Try) -> bool:
    """Whether the first handler is for a library that is not installed."""
    names = names_of(node.handlers[0]) if node.handlers else ("nothing",)
    return not names or any(name in ("ImportError", "ModuleNotFoundError", "Exception") for name in names)
