"""Which names the statements of a file bind."""

from __future__ import annotations

import ast


def lazy_name(statement: ast.stmt) -> str | None:
    """The name that a statement gives a value to and does nothing else."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    if isinstance(statement, ast.AnnAssign) and statement.value is not None and isinstance(statement.target, ast.Name):
        return statement.target.id
    return None


def is_main(statement: ast.stmt) -> bool:
    """`if __name__ == "__main__":`."""
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def bound(statements: list[ast.stmt]) -> dict[str, int]:
    """The names that statements bind, and how often; functions' insides not."""
    counts: dict[str, int] = {}
    pending: list[ast.AST] = list(statements)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            counts[node.id] = counts.get(node.id, 0) + 1
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                counts[name] = counts.get(name, 0) + 1
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            counts[node.name] = counts.get(node.name, 0) + 1
            continue
        elif isinstance(node, ast.Lambda | ast.ListComp | ast.DictComp | ast.SetComp | ast.GeneratorExp):
            continue
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            counts[node.value.id] = counts.get(node.value.id, 0) + 1
        pending += ast.iter_child_nodes(node)
    return counts
