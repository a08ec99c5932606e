"""Parameters and buffers of a block's own, shared parameters, and initialisation.

    parameters:
      class_token: zeros(1, 1, width)                       # zeros, ones, full, empty, randn, rand
      position: normal_(empty(1, length, width), std=0.02)  # or any of torch.nn.init around empty(...)
    buffers:
      steps: arange(length)                                 # ops, run at first use; with `|`, lines to a return
      mask: {value: "ones(length, length)", persistent: false}
    tie: {head.weight: embedding.weight}                    # one parameter under two names
    init:                                                   # after the layers' own; later lines win
      "*.norm?.weight": ones_
      Conv2d.weight: kaiming_normal_(mode='fan_out', nonlinearity='relu')
      Linear: {weight: "normal_(std=1 / math.sqrt(in_features))", bias: zeros_}

Expressions in `init:` know the options of the layer that the parameter belongs to. A pattern that matches nothing is an
error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from nnbuild.budget import spending
from nnbuild.errors import NnbuildError, SpecError, suggestion
from nnbuild.ops.nests import array_of
from nnbuild.ops.op import Recorder, recorder
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.tensor_like import TensorLike
from nnbuild.spec.build.build import Build
from nnbuild.spec.build.module import SpecModule
from nnbuild.spec.build.patterns import owned, unmatched
from nnbuild.spec.build.values import evaluate, mapping_of, text_of, value_of
from nnbuild.spec.language import tensors
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.functions import Function
from nnbuild.spec.language.names import INITIALISERS, call_initialiser
from nnbuild.spec.language.program import Program
from nnbuild.spec.language.scope import MISSING, Scope
from nnbuild.spec.text.nodes import Mapping, Node, Scalar


def _each(builder: Build, node: Node, what: str) -> Iterator[tuple[Scalar, Node, Any]]:
    """Key, value, and a context in which a problem with them is noted."""
    for key, value in mapping_of(node, what).entries:
        yield key, value, _Noting(builder, value)


class _Noting:
    """Context: an error becomes a problem of the builder, at the node's place."""

    def __init__(self, builder: Build, node: Node) -> None:
        self._builder = builder
        self._node = node

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if not isinstance(error, NnbuildError):
            return False
        self._builder.note(self._builder.located(self._node, error))
        return True


def _check_name(key: Scalar, module: SpecModule) -> None:
    if "." in key.text:
        raise SpecError(f"the name {key.text} has a dot", mark=key.mark)
    if hasattr(module, key.text):
        raise SpecError(f"the name {key.text} is taken", mark=key.mark, hint="choose another")


def add_parameters(builder: Build, module: SpecModule, node: Node, scope: Scope) -> None:
    """The `parameters:` section."""
    from nnbuild.nn.parameter import Parameter

    for key, value, noting in _each(builder, node, "parameters"):
        with noting:
            _check_name(key, module)
            made = _computed(value, scope, builder)
            if hasattr(made, "_parameters") and not isinstance(made, type):
                module.add_module(key.text, made)  # a ParameterList or ParameterDict
            elif made is None or isinstance(made, Parameter):
                module.register_parameter(key.text, made)
            else:
                hint = "zeros(2, 3), ones, full, empty, randn, or normal_(empty(2, 3), std=0.02)"
                raise SpecError(f"{key.text} is {describe(made)}, not a parameter", hint=hint)


def add_buffers(builder: Build, module: SpecModule, node: Node, scope: Scope) -> None:
    """The `buffers:` section."""
    for key, value, noting in _each(builder, node, "buffers"):
        with noting:
            _check_name(key, module)
            persistent = True
            if isinstance(value, Mapping):
                value, persistent = _buffer_options(value, scope, builder)
            module.register_buffer(key.text, _buffer(key.text, partial(_computed, value, scope, builder)), persistent)


def _buffer_options(node: Mapping, scope: Scope, builder: Build) -> tuple[Node, bool]:
    for key, _ in node.entries:
        if key.text not in ("value", "persistent"):
            hint = suggestion(key.text, ("value", "persistent"))
            raise SpecError(f"a buffer has no option {key.text}", mark=key.mark, hint=hint)
    value, persistent = node.get("value"), node.get("persistent")
    if value is None:
        raise SpecError("a buffer needs a value", mark=node.mark)
    return value, persistent is None or bool(value_of(persistent, scope, builder))


def _computed(node: Node, scope: Scope, builder: Build) -> Any:
    """The value of an expression, quoted or not, or what a program of several lines returns."""
    if not isinstance(node, Scalar):
        return value_of(node, scope, builder)
    if node.style == "|" and "return" in node.text:
        program = builder.programs.get(id(node)) or builder.programs.setdefault(id(node), Program(node, ()))
        return program.run(scope, (), {}, "the buffer")
    return evaluate(node, scope, builder)


class _ShapesOnly:
    """A Recorder that keeps nothing: ops that make tensors then give shapes and dtypes, as in a trace."""

    def record(self, op: Any, arguments: dict[str, Any], outputs: Any) -> Any:
        return outputs

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return module.forward(*args, **kwargs)

    def changed(self, arrays: list[Any]) -> bool:
        return False

    def overwrite(self, old: Any, new: Any) -> None:
        pass


def _recorded_by(record: Recorder | None, compute: Callable[[], Any]) -> Any:
    token = recorder.set(record)
    try:
        with spending("computing a buffer"):
            return compute()
    finally:
        recorder.reset(token)


def _buffer(name: str, compute: Callable[[], Any]) -> Any:
    """A Buffer that is computed at first use, so that building a network computes nothing; None stays none."""
    from nnbuild.nn.parameter import Buffer

    made = _recorded_by(_ShapesOnly(), compute)
    if made is None or isinstance(made, Buffer):
        return made
    if not tensors.is_tensor(made):
        raise SpecError(f"{name} is {describe(made)}, not a tensor", hint="as in arange(10) or zeros(2, 3)")
    if not isinstance(made, TensorSpec | TensorLike):
        return Buffer(made)
    buffer = Buffer.empty(made.shape, made.dtype)
    buffer.assign(lambda: array_of(_recorded_by(None, compute) if isinstance(made, TensorSpec) else made))
    return buffer


def tie(builder: Build, module: SpecModule, node: Node, scope: Scope) -> None:
    """The `tie:` section: the parameter named first is from now on the one named second."""
    for key, value, noting in _each(builder, node, "tie"):
        with noting:
            parameters = dict(module.named_parameters(remove_duplicate=False))
            target = text_of(value, "tie")
            for path, place in ((key.text, key), (target, value)):
                if path not in parameters:
                    raise SpecError(f"there is no parameter {path}", mark=place.mark, hint=suggestion(path, parameters))
            first, second = parameters[key.text], parameters[target]
            if tuple(first.shape) != tuple(second.shape):
                raise SpecError(f"{key.text} {tuple(first.shape)} cannot be tied to {target} {tuple(second.shape)}")
            owner, _, name = key.text.rpartition(".")
            module.get_submodule(owner)._parameters[name] = second


class _Pending:
    """An initialiser with its options, waiting for the parameter."""

    def __init__(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> None:
        self.name = name
        self.args = args
        self.kwargs = kwargs


def _pending(name: str) -> Function:
    return Function(name, lambda budget, args, kwargs: _Pending(name, args, kwargs))


_PENDING = {name: _pending(name) for name in INITIALISERS}


class _InitNames(Scope):
    """Initialisers that wait for their parameter, and the options of the parameter's layer."""

    __slots__ = ()

    def own(self, name: str) -> Any:
        return self.values[name] if name in self.values else _PENDING.get(name, MISSING)

    def own_names(self) -> Any:
        yield from (*self.values, *_PENDING)

    def prefixed(self, prefix: str, name: str) -> Any:
        return _PENDING.get(name, MISSING) if prefix == "init" else super().prefixed(prefix, name)


class _Rule:
    """One line of `init:`."""

    def __init__(self, pattern: str, key: Scalar, value: Scalar) -> None:
        self.pattern = pattern
        self.key = key
        self.value = value
        self.used = False


def initialise(builder: Build, module: SpecModule, node: Node, scope: Scope) -> None:
    """The `init:` section: parameter by parameter, as torch's loops over modules do."""
    rules: list[_Rule] = []
    for key, value, noting in _each(builder, node, "init"):
        with noting:
            rules += _rules(key, value)
    found = list(owned(module, each_name=False))
    for one in found:
        for rule in rules:
            if one.matches(rule.pattern, scope):
                rule.used = True
                with _Noting(builder, rule.value):
                    _apply(rule, one.parameter, _InitNames(_options(one.owner), scope), builder)
    for rule in rules:
        if not rule.used:
            builder.note(unmatched(rule.pattern, found, rule.key.mark))


def _rules(key: Scalar, value: Node) -> list[_Rule]:
    if isinstance(value, Mapping):
        return [rule for name, inner in value.entries for rule in _rules_below(key.text, name, inner)]
    if not isinstance(value, Scalar):
        raise SpecError("an init is a call like normal_(std=0.02)", mark=value.mark)
    return [_Rule(key.text, key, value)]


def _rules_below(prefix: str, name: Scalar, value: Node) -> list[_Rule]:
    if not isinstance(value, Scalar):
        raise SpecError("an init is a call like normal_(std=0.02)", mark=value.mark)
    return [_Rule(f"{prefix}.{name.text}", name, value)]


def _options(owner: Any) -> dict[str, Any]:
    return {name: value for name, value in owner.__dict__.items() if not name.startswith("_")}


def _apply(rule: _Rule, parameter: Any, scope: Scope, builder: Build) -> None:
    value = evaluate(rule.value, scope, builder)
    if isinstance(value, Function) and value.name in _PENDING:
        value = _Pending(value.name, [], {})
    if value is None:
        return
    if not isinstance(value, _Pending):
        raise SpecError(f"{describe(value)} does not initialise", hint=f"one of {', '.join(INITIALISERS)}")
    call_initialiser(value.name, [parameter, *value.args], value.kwargs)
