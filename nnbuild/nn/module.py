"""Module: the base class of all networks and layers, with torch.nn.Module's semantics.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, Protocol, Self, TypeVar

from nnbuild.budget import charge, charge_modules
from nnbuild.errors import ForwardError, Mark, NnbuildError
from nnbuild.limits import STEPS_A_MEMBER
from nnbuild.nn.computed import Computed
from nnbuild.nn.hooks import HookMethods
from nnbuild.nn.parameter import Buffer, Parameter
from nnbuild.nn.state import StateMethods
from nnbuild.nn.tree import TreeMethods
from nnbuild.ops.dtypes import is_floating
from nnbuild.ops.nests import is_tensor
from nnbuild.ops.op import recorder
from nnbuild.ops.spec import ITEM_SIZES

P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class Forward(Protocol[P, R]):
    """What has a forward."""

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The computation."""


class Source:
    """Where a module stands in a spec: `mark`, and marks of its options by name."""

    def __init__(self, mark: Mark, options: dict[str, Mark] | None = None) -> None:
        self.mark = mark
        self.options = options or {}

    def mark_of(self, option: str | None) -> Mark:
        """The mark of the option's text, or of the whole module where the option is not written."""
        return self.options.get(option or "", self.mark)


class Module(TreeMethods["Module"], HookMethods, StateMethods):
    """A node in the tree of a network: parameters, buffers, children, hooks, and a `forward` that calls ops.

    Assigning a Parameter, a Buffer or a Module to an attribute registers it. Call the module, not its forward:
    `y = module(x)` runs the hooks too.
    """

    #: The module's place in the spec that it was built from, if it was.
    source: ClassVar[Source | None] = None

    #: Tensors that are computed of others, by name; a module that has some has a dictionary of its own.
    _computed: Mapping[str, Computed] = MappingProxyType({})

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Any]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]

    def __init__(self) -> None:
        charge_modules()
        self._init_hooks()
        self._init_state_hooks()
        self.__dict__.update(training=True, _parameters={}, _buffers={}, _non_persistent_buffers_set=set(), _modules={})

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; every network and layer defines its own."""
        raise ForwardError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def _call(self, *args: Any, **kwargs: Any) -> Any:
        active = recorder.get()
        try:
            if active is not None:
                return active.call(self, args, kwargs)
            if self._forward_hooks or self._forward_pre_hooks:
                return self._call_with_hooks(args, kwargs)
            return self._checked_forward(args, kwargs)
        except NnbuildError as error:
            self._blame(error)
            raise

    if TYPE_CHECKING:  # a call takes what the forward takes and gives what it gives

        def __call__(self: Forward[P, R], *args: P.args, **kwargs: P.kwargs) -> R: ...

    else:
        __call__ = _call

    def _checked_forward(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The forward's result."""
        return self.forward(*args, **kwargs)

    def _blame(self, error: NnbuildError) -> None:
        """Add to an error that unwinds through this module what is known here: the place in the network and file."""
        child = error.module
        if child is None:
            error.path = ""
            error.subject = self._subject() or error.subject
        elif child is not self:
            name = next((name for name, module in self.named_modules() if module is child), "")
            error.path = f"{name}.{error.path}".strip(".") if error.path else name
        error.module = self
        if self.source is not None:
            error.locate(mark=self.source.mark_of(error.option), label=error.option or "")

    def _subject(self) -> str | None:
        """How an error in this module's own forward names it; None leaves the name of the op."""
        return None

    # Registering

    def _check_name(self, kind: str, name: str, registered: dict[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {_typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else ""))
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in registered:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a Parameter under this name; None keeps the name without one."""
        parameters = self._registered("_parameters", "parameter")
        self._check_name("parameter", name, parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_typename(param)}' object to parameter '{name}' "
                "(nnbuild.nn.Parameter or None required)"
            )
        parameters[name] = param

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add an array that is state but not trained; a persistent one is part of state_dict."""
        buffers = self._registered("_buffers", "buffer")
        self._check_name("buffer", name, buffers)
        if tensor is not None and not is_tensor(tensor):
            raise TypeError(
                f"cannot assign '{_typename(tensor)}' object to buffer '{name}' (an array or None required)"
            )
        buffers[name] = tensor
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a child module under this name."""
        charge(STEPS_A_MEMBER)
        modules = self._registered("_modules", "module")
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{_typename(module)} is not a Module subclass")
        self._check_name("module", name, modules)
        modules[name] = module

    add_module = register_module

    def _registered(self, dictionary: str, kind: str) -> dict[str, Any]:
        if dictionary not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        registered: dict[str, Any] = self.__dict__[dictionary]
        return registered

    # Attributes

    def __getattr__(self, name: str) -> Any:
        for dictionary in ("_parameters", "_buffers", "_modules"):
            members = self.__dict__.get(dictionary, {})
            if name in members:
                return members[name]
        if name in self._computed:
            return self._computed[name].value(self)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        for kind, dictionary, register, expected in (
            (Parameter, "_parameters", "register_parameter", "parameter '{}' (nnbuild.nn.Parameter or None expected)"),
            (Module, "_modules", "register_module", "child module '{}' (nnbuild.nn.Module or None expected)"),
            (Buffer, "_buffers", "register_buffer", "buffer '{}' (nnbuild.nn.Buffer, an array or None expected)"),
        ):
            if isinstance(value, kind):
                self._registered(dictionary, "parameters" if kind is Parameter else dictionary[1:-1])
                if kind is not Buffer:  # as torch: a Buffer does not displace a plain attribute
                    self._forget(name, keep=dictionary)
                getattr(self, register)(name, value, *([value.persistent] if isinstance(value, Buffer) else []))
                return
            if name in self.__dict__.get(dictionary, ()):
                if value is not None and not (kind is Buffer and is_tensor(value)):
                    raise TypeError(f"cannot assign '{_typename(value)}' as {expected.format(name)}")
                self.__dict__[dictionary][name] = value
                return
        if name in self._computed:
            self._computed[name].assign(self, value)
            return
        super().__setattr__(name, value)

    def _forget(self, name: str, keep: str = "") -> None:
        for dictionary in ("_parameters", "_buffers", "_modules"):
            if dictionary != keep:
                self.__dict__[dictionary].pop(name, None)
        self.__dict__.pop(name, None)
        if keep != "_buffers":
            self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name: str) -> None:
        if any(name in self.__dict__.get(members, ()) for members in ("_parameters", "_buffers", "_modules")):
            self._forget(name)
        else:
            super().__delattr__(name)

    def __dir__(self) -> list[str]:
        names = {*super().__dir__(), *self._parameters, *self._buffers, *self._modules}
        return sorted(name for name in names if not name[:1].isdigit())

    # Changing all below

    def apply(self, fn: Callable[[Module], None]) -> Self:
        """Call fn on every module below, children first, then on this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set training mode here and below: batch statistics, dropout."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Set evaluation mode here and below."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Mark every parameter as trainable or frozen."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def to(self, *args: Any, device: Any = None, dtype: Any = None) -> Self:
        """Convert parameters and buffers with fractions to a floating dtype, such as "float64".

        A device may stand before it, as in torch; it can only be "cpu".
        """
        given = [value for value in (*args, device, dtype) if value is not None and str(value) != "cpu"]
        if len(given) > 1:
            raise TypeError(f"to() takes the device 'cpu' and one dtype, and gets {given}")
        return self._to_dtype(getattr(given[0], "__name__", str(given[0]))) if given else self

    def cpu(self) -> Self:
        """This module: it cannot be elsewhere."""
        return self

    def _to_dtype(self, dtype: str) -> Self:
        if dtype not in ITEM_SIZES or not is_floating(dtype):
            raise TypeError(f"nn.Module.to only accepts floating point dtypes, but got desired dtype={dtype}")
        for module in self.modules():
            for parameter in module.parameters(recurse=False):
                if is_floating(parameter.dtype):
                    parameter.convert_(dtype)
            for name, buffer in module.named_buffers(recurse=False):
                if is_floating(str(buffer.dtype)):
                    module._buffers[name] = (
                        buffer.convert_(dtype) if isinstance(buffer, Buffer) else buffer.astype(dtype)
                    )
        return self

    def float(self) -> Self:
        """Convert to float32."""
        return self.to("float32")

    def double(self) -> Self:
        """Convert to float64."""
        return self.to("float64")

    def half(self) -> Self:
        """Convert to float16, half the memory; products are computed in float32."""
        return self.to("float16")

    # Printing

    def _get_name(self) -> str:
        prefix = max((computed.prefix for computed in self._computed.values()), default="")
        return prefix + type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses of the printed module, beside its children."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {_indented(repr(module))}" for name, module in self._modules.items()]
        if len(lines) == 1 and not children:
            return f"{self._get_name()}({lines[0]})"
        body = "".join(f"\n  {line}" for line in (*lines, *children))
        return f"{self._get_name()}({body}\n)" if body else f"{self._get_name()}()"


def _indented(text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join((first, *(f"  {line}" if line.strip() else "" for line in rest)))


def _typename(value: object) -> str:
    kind = value if isinstance(value, type) else type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
