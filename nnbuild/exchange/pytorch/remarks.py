"""Comments and empty lines of a program, put on its statements."""

from __future__ import annotations

import ast
import io
import tokenize


class Remarks:
    """The comments of a program by the lines that they stand in."""

    def __init__(self, text: str) -> None:
        self._comments: dict[int, str] = {}
        self._empty = {number for number, line in enumerate(text.split("\n"), 1) if not line.strip()}
        self._own: set[int] = set()
        try:
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                if token.type == tokenize.COMMENT:
                    self._comments[token.start[0]] = _spaced(token.string)
                    if not token.line[: token.start[1]].strip():
                        self._own.add(token.start[0])
        except (tokenize.TokenError, IndentationError):  # what the parser took, the tokenizer need not
            self._comments.clear()

    def put(self, old: ast.stmt, new: ast.stmt) -> None:
        """What stands before and behind the old statement, on the new one."""
        line, before = old.lineno - 1, []
        while line in self._own or (line in self._empty and line - 1 in self._own):
            if line in self._own:
                before.append(self._comments.pop(line))
                self._own.discard(line)
            line -= 1
        new.gap = line in self._empty  # type: ignore[attr-defined]
        head = old.body[0].lineno - 1 if hasattr(old, "body") else old.end_lineno or old.lineno
        inside = [self._comments.pop(number) for number in range(old.lineno, head + 1)
                  if number in self._comments and (number not in self._own or not hasattr(old, "body"))]  # fmt: skip
        new.comments = [*reversed(before), *inside[:-1]]  # type: ignore[attr-defined]
        new.remark = inside[-1] if inside else None  # type: ignore[attr-defined]


def _spaced(comment: str) -> str:
    return comment if comment[1:2] in (" ", "!", "") else f"# {comment[1:]}"
