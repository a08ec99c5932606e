"""What is found on the way through source: problems, each once, and words for the user."""

from __future__ import annotations

from nnbuild import limits
from nnbuild.errors import NnbuildError, ProblemList


class Notes:
    """What is found on the way: problems, each once, and words for the user."""

    def __init__(self) -> None:
        self.problems: list[NnbuildError] = []
        self.words: dict[str, None] = {}

    def add(self, error: NnbuildError) -> None:
        """Keep a problem; at some number give up."""
        for problem in error.problems if isinstance(error, ProblemList) else [error]:
            if all((problem.mark, problem.message) != (other.mark, other.message) for other in self.problems):
                self.problems.append(problem)
        if len(self.problems) >= limits.MAX_PROBLEMS:
            self.finish()

    def finish(self) -> None:
        """Raise what was collected."""
        if self.problems:
            raise self.problems[0] if len(self.problems) == 1 else ProblemList(self.problems)
