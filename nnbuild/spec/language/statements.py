"""What the statements of a program do."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import BudgetError, NnbuildError, ProblemList, ShapeError, SpecError
from nnbuild.spec.language import classes, tensors
from nnbuild.spec.language.assignment import bind, unbind
from nnbuild.spec.language.bounds import checked
from nnbuild.spec.language.catching import caught_by
from nnbuild.spec.language.closures import Closure
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.expressions import Evaluator
from nnbuild.spec.language.scope import Frame, Scope, frame_of
from nnbuild.spec.language.syntax import not_in_language
from nnbuild.spec.language.texts import text
from nnbuild.spec.language.values import Broken, Quiet


class Returned:
    """The signal that a program ends with this value."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


_BREAK, _CONTINUE = object(), object()


class Run:
    """One run of a program: statements change the local scope; a signal says that a loop or the program ends.

    Params: onward, whether a statement that fails is noted and the next one run; owner, the class whose body this is.
    """

    __slots__ = ("_evaluator", "_onward", "_owner", "_scope")

    def __init__(self, evaluator: Evaluator, scope: Scope, onward: bool = False, owner: Any = None) -> None:
        self._evaluator = evaluator
        self._scope = scope
        self._onward = onward
        self._owner = owner

    def block(self, statements: list[ast.stmt]) -> Any:
        """Run the statements; returns the signal that ended them early, or None."""
        for statement in statements:
            signal = self._onwards(statement) if self._onward else self._one(statement)
            if signal is not None:
                return signal
        return None

    def _one(self, statement: ast.stmt) -> Any:
        handler = _STATEMENTS.get(type(statement))
        if handler is None:
            raise not_in_language(statement).locate(mark=self._evaluator.code.mark(statement))
        try:
            return handler(self, statement)
        except NnbuildError as error:
            if error.mark is None and not isinstance(error, ProblemList):
                error.locate(mark=self._evaluator.code.mark(statement))
            raise

    def _onwards(self, statement: ast.stmt) -> Any:
        """The statement; where it fails, the names that it would give values to are broken from there on."""
        try:
            return self._one(statement)
        except BudgetError:
            raise
        except NnbuildError as error:
            self._evaluator.caller.note(error)
            for target in _targets(statement):
                try:
                    bind(self._evaluator, target, Broken(error), self._scope)
                except NnbuildError:
                    continue  # what is assigned to is broken itself
            return None

    def _value(self, node: ast.AST) -> Any:
        return self._evaluator.evaluate(node, self._scope)

    # Assignments

    def _assign(self, node: ast.Assign) -> None:
        value = self._value(node.value)
        for target in node.targets:
            bind(self._evaluator, target, value, self._scope)

    def _assign_annotated(self, node: ast.AnnAssign) -> None:
        if self._owner is not None and isinstance(node.target, ast.Name):
            self._owner.annotated(node)
        if node.value is not None:
            bind(self._evaluator, node.target, self._value(node.value), self._scope)

    def _assign_augmented(self, node: ast.AugAssign) -> None:
        old, value = self._value(node.target), self._value(node.value)
        evaluator, name = self._evaluator, type(node.op).__name__
        try:
            if isinstance(old, list) and name == "Add":
                old.extend(evaluator.iterate(value, "+="))
                checked(old)
                return
            result = evaluator.caller.augmented(name, old, value)
            if result is None:
                result = evaluator.caller.operate(name, old, value)
        except NnbuildError as error:
            raise error.locate(mark=evaluator.code.mark(node)) from None
        bind(evaluator, node.target, result, self._scope)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            unbind(self._evaluator, target, self._scope)

    def _elsewhere(self, node: ast.Global | ast.Nonlocal) -> None:
        frame = frame_of(self._scope)
        if frame is None:
            return
        for name in node.names:
            scope = frame.parent
            while scope is not None and (scope.parent is not None if isinstance(node, ast.Global) else True):
                if isinstance(node, ast.Nonlocal) and name in scope.values:
                    break
                if isinstance(node, ast.Global) and scope.is_module:
                    break
                scope = scope.parent
            if scope is not None:
                frame.elsewhere[name] = scope

    # Flow

    def _return(self, node: ast.Return) -> Returned:
        value = self._value(node.value) if node.value else None
        self._evaluator.budget.spend_on(value)
        return Returned(value)

    def _for(self, node: ast.For) -> Any:
        evaluator = self._evaluator
        for item in evaluator.loop(node.iter, self._scope):
            evaluator.budget.spend()
            bind(evaluator, node.target, item, self._scope)
            signal = self.block(node.body)
            if signal is _BREAK:
                return None
            if signal is not None and signal is not _CONTINUE:
                return signal
        return self.block(node.orelse)

    def _while(self, node: ast.While) -> Any:
        before, self._onward = self._onward, False  # a loop whose body fails would not end
        try:
            return self._loop_while(node)
        finally:
            self._onward = before

    def _loop_while(self, node: ast.While) -> Any:
        evaluator = self._evaluator
        while evaluator.condition(node.test, self._scope):
            evaluator.budget.spend()
            signal = self.block(node.body)
            if signal is _BREAK:
                return None
            if signal is not None and signal is not _CONTINUE:
                return signal
        return self.block(node.orelse)

    def _if(self, node: ast.If) -> Any:
        return self.block(node.body if self._evaluator.condition(node.test, self._scope) else node.orelse)

    def _raise(self, node: ast.Raise) -> None:
        evaluator, raised = self._evaluator, node.exc
        mark = evaluator.code.mark(node)
        if raised is None:
            raise SpecError("raise takes an error: raise ValueError('message')", mark=mark)
        words = [self._value(part) for part in raised.args[:1]] if isinstance(raised, ast.Call) else []
        kind = ast.unparse(raised.func if isinstance(raised, ast.Call) else raised)
        error = ShapeError(self._words(words[0]) if words else ast.unparse(raised)[:500], mark=mark)
        error.python = kind.rpartition(".")[2]
        raise error

    def _words(self, value: Any) -> str:
        """A value as the message of an error."""
        self._evaluator.budget.spend_on(value)
        return text(value)[:500] if type(value) in tensors.PLAIN else describe(value)

    def _try(self, node: ast.Try) -> Any:
        """The body; a handler only for what the program itself raises, or for a library that is not read."""
        evaluator = self._evaluator
        before, self._onward = self._onward, False
        try:
            if evaluator.caller.misses_import(node):
                return self.block(node.handlers[0].body) or self.block(node.finalbody)
            signal = self.block(node.body)
            if signal is None:
                signal = self.block(node.orelse)
        except NnbuildError as error:
            handler = caught_by(node.handlers, error)
            if handler is None:
                raise
            if handler.name:
                self._scope.assign(handler.name, error.message)
            signal = self.block(handler.body)
        finally:
            self._onward = before
        return signal if signal is not None else self.block(node.finalbody)

    def _with(self, node: ast.With) -> Any:
        for item in node.items:
            value = self._value(item.context_expr)
            if not isinstance(value, Quiet):
                raise SpecError(
                    "with is not part of the language",
                    hint="write the lines in it without it",
                    mark=self._evaluator.code.mark(item.context_expr),
                )
            if item.optional_vars is not None:
                bind(self._evaluator, item.optional_vars, value, self._scope)
        return self.block(node.body)

    def _expression(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self._value(node.value)

    def _assert(self, node: ast.Assert) -> None:
        if not self._evaluator.condition(node.test, self._scope):
            words = f"{ast.unparse(node.test)[:500]} does not hold"
            message = self._words(self._value(node.msg)) if node.msg else words
            error = ShapeError(message, mark=self._evaluator.code.mark(node.test))
            error.python = "AssertionError"
            raise error

    # Definitions

    def _function(self, node: ast.FunctionDef) -> None:
        evaluator = self._evaluator
        outer = self._scope if self._owner is None else self._owner.outer
        closure = Closure(node, evaluator.code, outer, evaluator.defaults(node, self._scope), self._owner)
        value: Any = closure
        for decorator in reversed(node.decorator_list):
            value = evaluator.caller.decorated(value, decorator, evaluator, self._scope)
        self._scope.assign(node.name, value)

    def _class(self, node: ast.ClassDef) -> None:
        evaluator = self._evaluator
        made = classes.begin(node, evaluator, self._scope)
        Run(evaluator, made.scope, owner=made).block(node.body)
        value: Any = made.finish(evaluator.caller)
        for decorator in reversed(node.decorator_list):
            value = evaluator.caller.decorated(value, decorator, evaluator, self._scope)
        self._scope.assign(node.name, value)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self._evaluator.caller.import_names(node, self._scope)


def _targets(statement: ast.stmt) -> list[ast.AST]:
    if isinstance(statement, ast.Assign):
        return [part for target in statement.targets for part in _parts(target)]
    return [statement.target] if isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For) else []


def _parts(target: ast.expr) -> list[ast.expr]:
    """The names and attributes of a target."""
    if isinstance(target, ast.Tuple | ast.List):
        return [part for each in target.elts for part in _parts(each)]
    return [target.value] if isinstance(target, ast.Starred) else [target]


def execute(caller: Any, closure: Closure, frame: Frame) -> Any:
    """What a function gives in this frame."""
    evaluator = Evaluator(closure.code, caller)
    if isinstance(closure.node, ast.Lambda):
        return evaluator.evaluate(closure.node.body, frame)
    result = Run(evaluator, frame, caller.goes_on(closure)).block(closure.body)
    if closure.yields:
        return caller.yielded(frame)
    return result.value if isinstance(result, Returned) else None


_STATEMENTS: dict[type, Any] = {
    ast.Assign: Run._assign, ast.AnnAssign: Run._assign_annotated, ast.AugAssign: Run._assign_augmented,
    ast.Return: Run._return, ast.For: Run._for, ast.While: Run._while, ast.If: Run._if, ast.Expr: Run._expression,
    ast.Assert: Run._assert, ast.Raise: Run._raise, ast.With: Run._with, ast.Delete: Run._delete, ast.Try: Run._try,
    ast.FunctionDef: Run._function, ast.ClassDef: Run._class, ast.Global: Run._elsewhere,
    ast.Nonlocal: Run._elsewhere, ast.Import: Run._import, ast.ImportFrom: Run._import,
    ast.Pass: lambda run, node: None,
    ast.Break: lambda run, node: _BREAK, ast.Continue: lambda run, node: _CONTINUE,
}  # fmt: skip
