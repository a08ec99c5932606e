"""One build of a network: how far it is and what is wrong so far."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import BudgetError, NnbuildError, ProblemList
from nnbuild.limits import MAX_PROBLEMS
from nnbuild.spec.build.values import located
from nnbuild.spec.language.executing import Executing
from nnbuild.spec.language.partials import is_layer_type
from nnbuild.spec.language.program import Program
from nnbuild.spec.language.scope import MISSING, Scope
from nnbuild.spec.text.nodes import Node, Scalar


class Build(Executing):
    """What the readers of sections share. Problems are collected, so that independent ones come at once.

    How a layer is made is said by `builder`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[NnbuildError] = []
        self.noted = 0  # problems so far, repeated ones too
        self.path: list[str] = []
        self.programs: dict[int, Program] = {}  # of buffers, by the id of the node, which the spec keeps

    def note(self, error: NnbuildError) -> None:
        """Keep a problem, each once; at some number, or where the budget is spent, give up."""
        self.noted += 1
        for problem in error.problems if isinstance(error, ProblemList) else [error]:
            if all((problem.mark, problem.message) != (other.mark, other.message) for other in self.problems):
                self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS or isinstance(error, BudgetError):
            self.finish()

    def finish(self) -> None:
        """Raise what was collected."""
        if self.problems:
            raise self.problems[0] if len(self.problems) == 1 else ProblemList(self.problems)

    def located(self, node: Node, error: NnbuildError) -> NnbuildError:
        """The error with the place of the node, in the network too."""
        error.path = error.path or ".".join(self.path) or None
        return located(node, error)

    def layer_type(self, key: Scalar, scope: Scope) -> Any:
        """The layer type that a key names, or None."""
        text = key.text.removeprefix("torch.").removeprefix("nn.")
        value = scope.lookup(text)
        return value if value is not MISSING and is_layer_type(value) else None

    def layer(self, node: Node, scope: Scope) -> Any:
        """The module that a node stands for, None, or a list or dict of modules."""
        raise NotImplementedError

    def as_layer(self, value: Any, node: Node, scope: Scope) -> Any:
        """The value as a layer; a bare layer type makes one without options."""
        raise NotImplementedError
