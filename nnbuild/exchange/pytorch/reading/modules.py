"""The names of one file: functions and classes are made when they are asked for, values when they are needed.

What an `import` brings is read from the same package, is known to the language, or is a name whose use is an error.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nnbuild.errors import BudgetError, NnbuildError, SpecError
from nnbuild.exchange.pytorch.reading.bindings import bound, is_main, lazy_name
from nnbuild.exchange.pytorch.reading.sources import find_module, package_root, read_source
from nnbuild.limits import MAX_FILE_DEPTH, MAX_FILES
from nnbuild.spec.language import functions, libraries, natives
from nnbuild.spec.language.expressions import Evaluator
from nnbuild.spec.language.scope import MISSING, Scope
from nnbuild.spec.language.statements import Run
from nnbuild.spec.language.syntax import Code
from nnbuild.spec.language.values import Broken, Opaque
from nnbuild.spec.language.walking import Walking

_BUILTINS = Scope({**functions.NAMES, **natives.SOURCE_NAMES})
for _name in ("sqrt", "ceil", "floor", "log", "log2", "exp", "prod", "accumulate", "true", "false", "null"):
    _BUILTINS.values.pop(_name, None)


class Package:
    """The files of one load, each read once, none from outside the root. Params: walking, who makes the modules."""

    def __init__(self, path: Path, make_caller: Callable[[Callable[[], bool]], Walking]) -> None:
        self.root, self._parts = package_root(path)
        self._files: dict[Path, ModuleScope] = {}
        self._found: dict[tuple[str, ...], Path | None] = {}
        self._reading = 0
        self.walking = make_caller(self.settle)
        self.main = self._file(path, self._parts)

    def _file(self, path: Path, package: tuple[str, ...]) -> ModuleScope:
        key = path.resolve()
        known = self._files.get(key)
        if known is None:
            if len(self._files) >= MAX_FILES:
                raise SpecError(f"more than {MAX_FILES} files import each other")
            if self._reading >= MAX_FILE_DEPTH:
                raise SpecError(f"more than {MAX_FILE_DEPTH} files import each other in a row")
            self._reading += 1
            try:
                known = self._files[key] = ModuleScope(self, read_source(path), path, package)
                known.start()
            finally:
                self._reading -= 1
        return known

    def module(self, parts: tuple[str, ...]) -> ModuleScope | None:
        """The file of a module by its dotted name, None where the package has none."""
        path = self._find(parts)
        if path is None:
            return None
        return self._file(path, parts if path.name == "__init__.py" else parts[:-1])

    def has(self, parts: tuple[str, ...]) -> bool:
        """Whether there is such a module, without reading it."""
        return self._find(parts) is not None

    def _find(self, parts: tuple[str, ...]) -> Path | None:
        if parts not in self._found:
            self._found[parts] = self._looked_for(parts)
        return self._found[parts]

    def _looked_for(self, parts: tuple[str, ...]) -> Path | None:
        """The file of a module: of the package that the file is in, or of its folder where it is in none."""
        if self._parts:
            return find_module(self.root, parts) if parts[:1] == self._parts[:1] else None
        found = find_module(self.root, parts)
        if found is None and len(parts) > 1 and parts[0] == self.root.name:
            found = find_module(self.root, parts[1:])  # `models.layers`, as where the folder above is on the path
        return found

    def settle(self) -> bool:
        """Run the decorated definitions that nobody has asked for: they may put themselves into tables."""
        settled = [scope.settle() for scope in list(self._files.values())]
        return any(settled)


class Imported:
    """What `from .ops import f` will bring: the module is read when the name is used."""

    __slots__ = ("_name", "_parts", "_scope")

    def __init__(self, scope: ModuleScope, parts: tuple[str, ...], name: str | None) -> None:
        self._scope = scope
        self._parts = parts
        self._name = name

    def value(self) -> Any:
        """The value behind the name."""
        package = self._scope.package
        if self._name is None:
            return ModuleValue(package, self._parts)
        module = package.module(self._parts)
        if module is not None:
            value = module.lookup_own(self._name)
            if value is not MISSING:
                return value
        if package.has((*self._parts, self._name)):
            return ModuleValue(package, (*self._parts, self._name))
        return Opaque(".".join((*self._parts, self._name)))


class ModuleValue:
    """A module of the package as a value: `layers.Block`."""

    def __init__(self, package: Package, parts: tuple[str, ...]) -> None:
        self._package = package
        self._parts = parts

    @property
    def described(self) -> str:
        return f"the module {'.'.join(self._parts)}"

    def __deepcopy__(self, memo: dict[int, Any]) -> ModuleValue:
        return self

    def language_get(self, caller: Any, name: str) -> Any:
        """module.name."""
        module = self._package.module(self._parts)
        value = module.lookup_own(name) if module is not None else MISSING
        if value is not MISSING:
            return value
        if self._package.has((*self._parts, name)):
            return ModuleValue(self._package, (*self._parts, name))
        error = SpecError(f"{self.described} has no {name}")
        error.python = "AttributeError"
        raise error


class ModuleScope(Scope):
    """The names of a file."""

    is_module = True

    def __init__(self, package: Package, code: Code, path: Path, parts: tuple[str, ...]) -> None:
        super().__init__({}, _BUILTINS)
        self.package = package
        self.code = code
        self.path = path
        self.parts = parts
        self.definitions: dict[str, list[ast.stmt]] = {}
        self._making: set[str] = set()
        self._stars: list[tuple[str, ...]] = []
        self._evaluator = Evaluator(code, package.walking)

    # Reading

    def start(self) -> None:
        """Note what the file defines, and run what must be run in order."""
        body: list[ast.stmt] = self.code.tree.body  # type: ignore[attr-defined]
        counts = bound(body)
        for statement in body:
            name = lazy_name(statement)
            if name is not None and counts.get(name, 0) == 1:
                self.definitions[name] = [statement]
            elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
                self.definitions.setdefault(statement.name, []).append(statement)
            elif not (
                is_main(statement) or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            ):
                self._run(statement)

    def _run(self, statement: ast.stmt) -> None:
        """A statement of the file; where it fails, the names that it binds are broken."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Try):
                node.misses = self._misses(node)  # type: ignore[attr-defined]
        try:
            Run(self._evaluator, self).block([statement])
        except BudgetError:
            raise
        except NnbuildError as error:
            for name in bound([statement]):
                self.values.setdefault(name, Broken(error))

    def _misses(self, node: ast.Try) -> bool:
        for statement in node.body:
            if isinstance(statement, ast.ImportFrom) and not statement.level:
                names = [statement.module or ""]
            elif isinstance(statement, ast.Import):
                names = [alias.name for alias in statement.names]
            else:
                continue
            for name in names:
                parts = tuple(name.split("."))
                if libraries.known(name) is None and not self.package.has(parts[:1]):
                    return not any(isinstance(part, ast.Raise) for handler in node.handlers for part in handler.body)
        return False

    def settle(self) -> bool:
        """Make what is decorated and was not asked for."""
        waiting = [
            name for name, nodes in self.definitions.items()
            if name not in self.values and any(getattr(node, "decorator_list", ()) for node in nodes)
        ]  # fmt: skip
        for name in waiting:
            self.own(name)
        return bool(waiting)

    # Names

    def own(self, name: str) -> Any:
        value = self.values.get(name, MISSING)
        if value is not MISSING and type(value) is not Imported:
            return value
        if name in self._making:  # a circle of files: the name is not there yet
            return MISSING
        self._making.add(name)
        try:
            if type(value) is Imported:
                value = self.values[name] = value.value()
                return value
            if name in self.definitions:
                for statement in self.definitions[name]:
                    self._run(statement)
                value = self.values.get(name, MISSING)
            return self._starred(name) if value is MISSING else value
        finally:
            self._making.discard(name)

    def lookup_own(self, name: str) -> Any:
        """What the file has by this name, not Python."""
        value = self.own(name)
        if type(value) is Broken:
            raise value.error
        return value

    def _starred(self, name: str) -> Any:
        for parts in reversed(self._stars):
            module = self.package.module(parts)
            value = module.own(name) if module is not None and not name.startswith("_") else MISSING
            if value is not MISSING:
                return value
        return MISSING

    def own_names(self) -> Iterator[str]:
        yield from {**self.values, **self.definitions}

    # Imports

    def bring(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        """Give the names of an import their values."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                self._bring_module(alias, scope)
            return
        parts = self._absolute(node)
        library = None if node.level else libraries.known(node.module or "")
        for alias in node.names:
            name = alias.asname or alias.name
            if library is not None and alias.name == "*":
                self._bring_all(library, scope)
            elif library is not None:
                scope.assign(name, library.imported(alias.name) if hasattr(library, "imported") else
                             library.language_get(None, alias.name))  # fmt: skip
            elif (
                not self.package.has(parts) and not self.package.has((*parts, alias.name)) and not self._is_root(parts)
            ):
                scope.assign(name, Opaque(".".join((*parts, alias.name))))
            elif alias.name == "*":
                self._stars.append(parts)
            else:
                scope.assign(name, Imported(self, parts, alias.name) if scope is self else
                             Imported(self, parts, alias.name).value())  # fmt: skip

    def _is_root(self, parts: tuple[str, ...]) -> bool:
        return not parts

    def _bring_all(self, library: Any, scope: Scope) -> None:
        from nnbuild import nn

        if library.name == "torch.nn":
            for name in nn.LAYERS:
                scope.assign(name, library.member(name))
            scope.assign("Module", library.member("Module"))
            scope.assign("Parameter", library.member("Parameter"))
        else:
            for name, value in library.table().items():
                scope.assign(name, value)

    def _bring_module(self, alias: ast.alias, scope: Scope) -> None:
        parts = tuple(alias.name.split("."))
        if libraries.known(alias.name) is not None:
            top = alias.name if alias.asname else parts[0]
            scope.assign(alias.asname or parts[0], libraries.known(top))
        elif self.package.has(parts):
            whole = parts if alias.asname else parts[:1]
            scope.assign(alias.asname or parts[0], ModuleValue(self.package, whole))
        else:
            scope.assign(alias.asname or parts[0], Opaque(alias.name if alias.asname else parts[0]))

    def _absolute(self, node: ast.ImportFrom) -> tuple[str, ...]:
        """The dotted name of what is imported from, within the root."""
        own = tuple(node.module.split(".")) if node.module else ()
        if not node.level:
            if self.parts and not self.package.has(own) and self.package.has((*self.parts, *own)):
                return (*self.parts, *own)  # beside this file, as where its folder is on the path
            return own
        kept = len(self.parts) - (node.level - 1)
        if kept < 0:
            raise SpecError("the import leaves the package", hint="only files of the same package are read")
        return (*self.parts[:kept], *own)
