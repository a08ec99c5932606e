"""What the statements of a forward do."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import NnbuildError, ProblemList, ShapeError
from nnbuild.spec.language import arithmetic, tensors
from nnbuild.spec.language.assignment import bind
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.expressions import Evaluator
from nnbuild.spec.language.scope import Scope


class Returned:
    """The signal that a program ends with this value."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


_BREAK, _CONTINUE = object(), object()


class Run:
    """One run of a program: statements change the local scope; a signal says that a loop or the program ends."""

    __slots__ = ("_evaluator", "_scope")

    def __init__(self, evaluator: Evaluator, scope: Scope) -> None:
        self._evaluator = evaluator
        self._scope = scope

    def block(self, statements: list[ast.stmt]) -> Any:
        """Run the statements; returns the signal that ended them early, or None."""
        for statement in statements:
            try:
                signal = _STATEMENTS[type(statement)](self, statement)
            except NnbuildError as error:
                if error.mark is None and not isinstance(error, ProblemList):
                    error.locate(mark=self._evaluator.code.mark(statement))
                raise
            if signal is not None:
                return signal
        return None

    def _value(self, node: ast.AST) -> Any:
        return self._evaluator.evaluate(node, self._scope)

    def _assign(self, node: ast.Assign) -> None:
        value = self._value(node.value)
        for target in node.targets:
            bind(self._evaluator, target, value, self._scope)

    def _assign_annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            bind(self._evaluator, node.target, self._value(node.value), self._scope)

    def _assign_augmented(self, node: ast.AugAssign) -> None:
        old, value = self._value(node.target), self._value(node.value)
        evaluator, name = self._evaluator, type(node.op).__name__
        try:
            if isinstance(old, list) and name == "Add":
                old.extend(evaluator.iterate(value, "+="))
                arithmetic.checked(old)
                return
            result = tensors.operate(name, old, value, evaluator.budget)
        except NnbuildError as error:
            raise error.locate(mark=evaluator.code.mark(node)) from None
        bind(evaluator, node.target, result, self._scope)

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
                break
            if signal is not None and signal is not _CONTINUE:
                return signal
        return None

    def _if(self, node: ast.If) -> Any:
        return self.block(node.body if self._evaluator.condition(node.test, self._scope) else node.orelse)

    def _raise(self, node: ast.Raise) -> None:
        assert node.exc is not None
        words = [self._value(part) for part in node.exc.args[:1]] if isinstance(node.exc, ast.Call) else []
        message = self._words(words[0]) if words else ast.unparse(node.exc)[:500]
        raise ShapeError(message, mark=self._evaluator.code.mark(node))

    def _words(self, value: Any) -> str:
        """A value as the message of an error."""
        if type(value) not in tensors.PLAIN:
            return describe(value)
        self._evaluator.budget.spend_on(value)
        return str(value)[:500]

    def _with(self, node: ast.With) -> Any:
        return self.block(node.body)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            assert isinstance(target, ast.Name)
            self._scope.values.pop(target.id, None)

    def _expression(self, node: ast.Expr) -> None:
        self._value(node.value)

    def _assert(self, node: ast.Assert) -> None:
        if not self._evaluator.condition(node.test, self._scope):
            text = f"{self._evaluator.code.text(node.test)[:500]} does not hold"
            message = self._words(self._value(node.msg)) if node.msg else text
            raise ShapeError(message, mark=self._evaluator.code.mark(node.test))


_STATEMENTS: dict[type, Any] = {
    ast.Assign: Run._assign, ast.AnnAssign: Run._assign_annotated, ast.AugAssign: Run._assign_augmented,
    ast.Return: Run._return, ast.For: Run._for, ast.If: Run._if, ast.Expr: Run._expression,
    ast.Assert: Run._assert, ast.Raise: Run._raise, ast.With: Run._with, ast.Delete: Run._delete,
    ast.Pass: lambda run, node: None,
    ast.Break: lambda run, node: _BREAK, ast.Continue: lambda run, node: _CONTINUE,
}  # fmt: skip
