"""Forward programs: a small Python that calls layers and ops.

A program is parsed and checked once, then walked at every call, on arrays or on TensorSpecs alike. There is nothing in
it that depends on data, so a trace sees all of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from nnbuild.budget import spending
from nnbuild.errors import NnbuildError, SpecError, suggestion
from nnbuild.ops.op import recorder
from nnbuild.spec.language import functions, namespaces, passing, tensors, torch_names
from nnbuild.spec.language.closures import Parameters
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.executing import Executing
from nnbuild.spec.language.expressions import Evaluator
from nnbuild.spec.language.lookup import prefixed
from nnbuild.spec.language.other_names import habit_advice
from nnbuild.spec.language.scope import MISSING, Frame, LazyScope, Scope
from nnbuild.spec.language.statements import Returned, Run
from nnbuild.spec.language.syntax import Code, evaluated_children, function_of, is_docstring, parse_program
from nnbuild.spec.language.written import Written


class Running(Executing):
    """Calls inside a forward: layers run, lists may grow, nothing new is made."""

    changing = True
    in_forward = True

    def make(
        self, callee: Any, args: list[Any], kwargs: dict[str, Any], code: Code | None, node: ast.AST | None
    ) -> Any:
        hint = "name it under `layers:` and call it by its name"
        if not isinstance(callee, type):
            raise SpecError(f"{callee.__name__}(...) in a forward would make a new layer at every call", hint=hint)
        return passing.checked(self.call_op(callee, args, kwargs), hint)

    def instead_of(self, error: NnbuildError) -> Any:
        instead = getattr(recorder.get(), "instead_of", None)
        return instead(error) if instead else None

    def unknown(self, name: str, scope: Scope) -> SpecError:
        """The error for a name that nothing goes by."""
        return _unknown_here(name, scope)

    def run(self, module: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        try:
            return passing.run(module, args, kwargs)
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
    """A forward or a method, ready to run.

    Params: inputs, the names of its arguments where no `def` names them; arguments, these as they are written; what,
    how messages call it.
    """

    def __init__(
        self, written: Written, inputs: tuple[str, ...] = ("x",), arguments: ast.arguments | None = None,
        what: str = "forward",
    ) -> None:  # fmt: skip
        self._what = what
        self.code = parse_program(written)
        tree = self.code.tree
        wrapper = function_of(tree)
        self.parameters = Parameters(wrapper.args if wrapper else arguments or _arguments(inputs)).without_self()
        self.is_property = wrapper is not None and any(
            ast.unparse(each) == "property" for each in wrapper.decorator_list
        )
        body = wrapper.body if wrapper else tree.body  # type: ignore[attr-defined]
        self.body: list[ast.stmt] = [node for node in body if not is_docstring(node)]
        if len(self.body) == 1 and isinstance(self.body[0], ast.Expr):
            self.body = [ast.copy_location(ast.Return(self.body[0].value), self.body[0])]
        self._check_return(written)
        self._uses = list(self._find_uses())

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its inputs."""
        return self.parameters.names

    @property
    def defaults(self) -> dict[str, ast.expr]:
        """The defaults of its inputs, as they are written."""
        return self.parameters.defaults

    def _check_return(self, written: Written) -> None:
        if not self.body:
            raise SpecError(
                f"the {self._what} is empty", mark=written.mark, hint="without a forward the layers run in order"
            )
        if not any(isinstance(node, ast.Return) for statement in self.body for node in ast.walk(statement)):
            mark = self.code.mark(self.body[-1])
            raise SpecError(f"the {self._what} returns nothing", mark=mark, hint="end it with return x")

    def _find_uses(self) -> Iterator[tuple[ast.Name | ast.Attribute, bool]]:
        """The names that the program takes from outside, and whether every run comes to them."""
        more = (self.parameters.rest, self.parameters.keywords)
        bound = {*self.inputs, *filter(None, more)}
        used: list[tuple[ast.Name | ast.Attribute, bool]] = []
        for part in (*self.parameters.defaults.values(), *self.body):
            for node, always in _evaluated(part, True):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    bound.add(node.id)
                elif isinstance(node, ast.FunctionDef | ast.Lambda):
                    bound |= _bound_in(node)
                elif isinstance(node, ast.Name) or getattr(node, "known", None):
                    used.append((node, always))  # type: ignore[arg-type]
        yield from (use for use in used if not isinstance(use[0], ast.Name) or use[0].id not in bound)

    def names(self) -> set[str]:
        """The names that the program takes from outside, those behind a prefix too."""
        return {node.id if isinstance(node, ast.Name) else node.attr for node, _ in self._uses}

    @property
    def kept(self) -> set[str]:
        """The names that the program puts on its module."""
        stored = (node for node, _ in self._uses if isinstance(node.ctx, ast.Store))
        return {node.attr for node in stored if isinstance(node, ast.Attribute)}

    def problems(self, scope: Scope, kept: set[str]) -> Iterator[NnbuildError]:
        """Names that are not known where every run comes; others are told when they are reached.

        Params: kept, names that forward and methods put on the module.
        """
        for node, always in self._uses:
            if not always:
                continue
            if isinstance(node, ast.Name):
                if not scope.has(node.id):
                    yield _unknown_here(node.id, scope).locate(mark=self.code.mark(node))
                continue
            if isinstance(node.ctx, ast.Store) or node.attr in kept:
                continue
            try:
                prefixed(node.known, scope)  # type: ignore[attr-defined]
            except NnbuildError as error:
                yield error.locate(mark=self.code.mark(node))

    def run(self, scope: Scope, args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> Any:
        """The result for these inputs. `scope` has the block's own names; `name` is the block's, for messages."""
        with spending(f"the forward of {name}", on_data=True):
            evaluator, local = Evaluator(self.code, Running()), Frame(scope)
            local.values = self.parameters.bind(name, args, kwargs, lambda key: self._default(key, evaluator, local))
            result = Run(evaluator, local).block(self.body)
        if not isinstance(result, Returned):
            mark = self.code.mark(self.body[-1])
            whose = f"the forward of {name}" if self._what == "forward" else f"the {self._what}"
            raise SpecError(f"{whose} ended without a return", mark=mark)
        return result.value

    def _default(self, key: str, evaluator: Evaluator, local: Scope) -> Any:
        return evaluator.evaluate(self.parameters.defaults[key], local)


def _arguments(names: tuple[str, ...]) -> ast.arguments:
    return ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])


def _bound_in(node: ast.FunctionDef | ast.Lambda) -> set[str]:
    """The names that a function inside the program gives values to: its own and its arguments'."""
    parameters = Parameters(node.args)
    return {*parameters.names, *filter(None, (parameters.rest, parameters.keywords, getattr(node, "name", None)))}


#: Parts of statements and expressions that a run may pass by.
_PASSED_BY: dict[type, tuple[str, ...]] = {
    ast.If: ("body", "orelse"), ast.IfExp: ("body", "orelse"), ast.FunctionDef: ("body",), ast.Lambda: ("body",),
    ast.ExceptHandler: ("body",), ast.While: ("body", "orelse"),
}  # fmt: skip


def _evaluated(node: ast.AST, always: bool) -> Iterator[tuple[ast.AST, bool]]:
    """The node and all below it that is evaluated, but for the inside of prefixed names; whether every run does so."""
    yield node, always
    if getattr(node, "known", None):
        return
    fields = _PASSED_BY.get(type(node), ())
    apart = {id(part) for field in fields for part in _listed(getattr(node, field))}
    if isinstance(node, ast.BoolOp):
        apart = {id(part) for part in node.values[1:]}
    for child in evaluated_children(node):
        yield from _evaluated(child, always and id(child) not in apart)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _unknown_here(name: str, scope: Scope) -> SpecError:
    from nnbuild import nn

    if name in getattr(nn, "LAYERS", ()):
        hint = "name it under `layers:` and call it by its name"
        return SpecError(f"{name} is a layer type; a forward calls layers, it does not make them", hint=hint)
    if name in ("torch", "nn", "F"):
        return SpecError(f"{name} stands before a dot only", hint="pass the layer or the tensor itself")
    known = "a forward knows its inputs, the layers, params and parameters of its block, and the ops"
    return SpecError(
        f"the name {name} is not known here",
        hint=habit_advice(name) or suggestion(name, scope.names(), cutoff=0.7) or known,
    )
