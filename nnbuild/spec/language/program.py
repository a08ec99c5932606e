"""Forward programs: a small Python that calls layers and ops.

A program is parsed and checked once, then walked at every call, on arrays or on TensorSpecs alike. There is nothing in
it that depends on data, so a trace sees all of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from nnbuild.budget import spending
from nnbuild.errors import NnbuildError, OptionError, SpecError, suggestion
from nnbuild.ops.op import recorder
from nnbuild.spec.language import functions, namespaces, tensors, torch_names
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.expressions import Evaluator, prefixed
from nnbuild.spec.language.other_names import habit_advice
from nnbuild.spec.language.scope import MISSING, LazyScope, Scope
from nnbuild.spec.language.statements import Returned, Run
from nnbuild.spec.language.syntax import Code, evaluated_children, function_of, is_docstring, parse_program
from nnbuild.spec.language.written import Written


class Running(Caller):
    """Calls inside a forward: layers run, lists may grow, nothing new is made."""

    changing = True

    def make(self, callee: Any, args: list[Any], kwargs: dict[str, Any], code: Code, node: ast.AST) -> Any:
        raise SpecError(
            f"{callee.__name__}(...) in a forward would make a new layer at every call",
            hint="name it under `layers:` and call it by its name",
        )

    def instead_of(self, error: NnbuildError) -> Any:
        instead = getattr(recorder.get(), "instead_of", None)
        return instead(error) if instead else None

    def run(self, module: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        try:
            return module(*args, **kwargs)
        except NotImplementedError as error:
            raise SpecError(str(error)) from None
        except (TypeError, AttributeError) as error:
            if isinstance(error, NnbuildError):
                raise
            problem = _complaint(module, args, kwargs)
            if problem is None:
                raise
            raise SpecError(f"this {type(module).__name__} {problem}") from error


def _complaint(module: Any, args: list[Any], kwargs: dict[str, Any]) -> str | None:
    """What is wrong with the arguments of a layer's call, if they are to blame."""
    from inspect import signature

    try:
        signature(module.forward).bind(*args, **kwargs)
    except TypeError as error:
        return f"cannot be called so: {error}"
    odd = [value for value in (*args, *kwargs.values()) if not tensors.is_tensor(value)]
    return f"cannot be called with {', '.join(map(describe, odd))}" if odd else None


class ForwardNames(Scope):
    """What names mean in a forward when neither the program nor its block knows them: functions and ops."""

    __slots__ = ()

    def __init__(self) -> None:
        from nnbuild import ops

        of_ops = LazyScope(ops.OPS, lambda name: getattr(ops, name))
        of_namespaces = LazyScope(namespaces.BARE, namespaces.bare, of_ops)
        super().__init__({**functions.NAMES, **torch_names.NAMES}, of_namespaces)

    def prefixed(self, prefix: str, name: str) -> Any:
        if prefix == "torch" and name in torch_names.DTYPES:
            return torch_names.DTYPES[name]
        if prefix in ("torch", "F"):
            op = tensors.find_op(name)
            if op is not None:
                return op
        if prefix in namespaces.NAMESPACES:
            return namespaces.find(prefix, name, MISSING)
        tables = {"torch": torch_names.TORCH, "math": functions.MATH, "np": functions.NP}
        return tables[prefix].get(name, MISSING) if prefix in tables else MISSING


class Program:
    """A forward, ready to run. Params: inputs, the names of its arguments where no `def` names them."""

    def __init__(self, written: Written, inputs: tuple[str, ...] = ("x",)) -> None:
        self.code = parse_program(written)
        tree = self.code.tree
        wrapper = function_of(tree)
        self.inputs: tuple[str, ...] = inputs
        self.defaults: dict[str, ast.expr] = {}
        if wrapper:
            self._take_signature(wrapper.args)
        body = wrapper.body if wrapper else tree.body  # type: ignore[attr-defined]
        self.body: list[ast.stmt] = [node for node in body if not is_docstring(node)]
        if len(self.body) == 1 and isinstance(self.body[0], ast.Expr):
            self.body = [ast.copy_location(ast.Return(self.body[0].value), self.body[0])]
        self._check_return(written)
        self._uses = list(self._find_uses())

    def _take_signature(self, arguments: ast.arguments) -> None:
        named = [*arguments.posonlyargs, *arguments.args]
        defaults = dict(zip(reversed([arg.arg for arg in named]), reversed(arguments.defaults), strict=False))
        for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if default is not None:
                defaults[arg.arg] = default
        names = [arg.arg for arg in (*named, *arguments.kwonlyargs)]
        self.inputs = tuple(names[1:] if names[:1] == ["self"] else names)
        self.defaults = {name: default for name, default in defaults.items() if name in self.inputs}

    def _check_return(self, written: Written) -> None:
        if not self.body:
            raise SpecError("the forward is empty", mark=written.mark, hint="without a forward the layers run in order")
        if not any(isinstance(node, ast.Return) for statement in self.body for node in ast.walk(statement)):
            mark = self.code.mark(self.body[-1])
            raise SpecError("the forward returns nothing", mark=mark, hint="end it with return x")

    def _find_uses(self) -> Iterator[ast.Name | ast.Attribute]:
        """The names that the program takes from outside."""
        bound = set(self.inputs)
        used: list[ast.Name | ast.Attribute] = []
        for node in (node for part in (*self.defaults.values(), *self.body) for node in _evaluated(part)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                bound.add(node.id)
            elif isinstance(node, ast.Name) or getattr(node, "known", None):
                used.append(node)  # type: ignore[arg-type]
        yield from (node for node in used if not isinstance(node, ast.Name) or node.id not in bound)

    def names(self) -> set[str]:
        """The names that the program takes from outside, those behind a prefix too."""
        return {node.id if isinstance(node, ast.Name) else node.attr for node in self._uses}

    def problems(self, scope: Scope) -> Iterator[NnbuildError]:
        """Names that would not be known when the program runs."""
        for node in self._uses:
            if isinstance(node, ast.Name):
                if not scope.has(node.id):
                    yield _unknown_here(node.id, scope).locate(mark=self.code.mark(node))
                continue
            try:
                prefixed(node.known, scope)  # type: ignore[attr-defined]
            except NnbuildError as error:
                yield error.locate(mark=self.code.mark(node))

    def run(self, scope: Scope, args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> Any:
        """The result for these inputs. `scope` has the block's own names; `name` is the block's, for messages."""
        with spending(f"the forward of {name}", on_data=True):
            evaluator, local = Evaluator(self.code, Running()), Scope({}, scope)
            self._bind(local, args, kwargs, name, evaluator)
            result = Run(evaluator, local).block(self.body)
        if not isinstance(result, Returned):
            mark = self.code.mark(self.body[-1])
            raise SpecError(f"the forward of {name} ended without a return", mark=mark)
        return result.value

    def _bind(self, local: Scope, args: tuple[Any, ...], kwargs: dict[str, Any], name: str, to: Evaluator) -> None:
        takes = f"{name} takes {', '.join(self.inputs) or 'no inputs'}"
        if len(args) > len(self.inputs):
            raise OptionError(f"{takes} and gets {len(args)} inputs")
        local.values.update(zip(self.inputs, args, strict=False))
        for key, value in kwargs.items():
            if key in local.values:
                raise OptionError(f"{takes} and gets {key} twice")
            if key not in self.inputs:
                raise OptionError(f"{takes} and gets {key}", hint=suggestion(key, self.inputs))
            local.values[key] = value
        for key in self.inputs:
            if key not in local.values:
                if key not in self.defaults:
                    raise OptionError(f"{takes} and gets no {key}")
                local.values[key] = to.evaluate(self.defaults[key], local)


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it that is evaluated, but for the inside of prefixed names."""
    yield node
    if getattr(node, "known", None):
        return
    for child in evaluated_children(node):
        yield from _evaluated(child)


def _unknown_here(name: str, scope: Scope) -> SpecError:
    from nnbuild import nn

    if name in getattr(nn, "LAYERS", ()):
        hint = "name it under `layers:` and call it by its name"
        return SpecError(f"{name} is a layer type; a forward calls layers, it does not make them", hint=hint)
    if name in ("self", "torch", "nn", "F"):
        return SpecError(f"{name} stands before a dot only", hint="pass the layer or the tensor itself")
    known = "a forward knows its inputs, the layers, params and parameters of its block, and the ops"
    return SpecError(
        f"the name {name} is not known here", hint=habit_advice(name) or suggestion(name, scope.names()) or known
    )
