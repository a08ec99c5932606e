"""torch's modules by name, for programs that import them: what of each is known here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec.language import functions, kinds, namespaces, tensors, torch_names
from nnbuild.spec.language.checkpoints import unread
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.scope import MISSING
from nnbuild.spec.language.tensor_types import tensor_of
from nnbuild.spec.language.values import Hint, Native, Opaque, Quiet
from nnbuild.spec.language.weight_norms import AROUND

#: What a module is called in messages.
SHORT = {"torch.nn": "nn", "torch.nn.functional": "F", "torch.nn.init": "init", "numpy": "np"}


def _first(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return args[0] if args else next(iter(kwargs.values()), None)


def _false(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> bool:
    return False


def _assert(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
    holds, *words = args
    if tensors.is_tensor(holds):
        raise tensors.truth_refused(holds)
    if not holds:
        error = SpecError(str(words[0]) if words else "an assertion does not hold")
        error.python = "AssertionError"
        raise error


def _checkpoint(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    own = ("use_reentrant", "preserve_rng_state", "context_fn", "determinism_check", "debug")
    passed = {key: value for key, value in kwargs.items() if key not in own}
    return caller.call(args[0], args[1:], passed, None, None)


def _checkpoint_sequential(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    layers, _, value, *_ = [*args, kwargs.get("input")]
    for layer in caller.items(layers, "checkpoint_sequential"):
        value = caller.call(layer, [value], {}, None, None)
    return value


def _as_tensor(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = args[0] if args else kwargs.pop("data")
    dtype = kwargs.get("dtype", args[1] if len(args) > 1 else None)
    if tensors.is_tensor(value):
        return value if dtype is None else caller.call(tensors.find_op("to"), [value, dtype], {}, None, None)
    return caller.call(tensors.find_op("tensor"), [value], {"dtype": dtype} if dtype else {}, None, None)


def _diff(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The differences of neighbours along the last axis."""
    (value,) = args
    ahead, behind = (caller.tensor_item(value, (..., part)) for part in (slice(1, None), slice(None, -1)))
    return caller.operate("Sub", ahead, behind)


def _diag(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The diagonal of a matrix; the matrix with this diagonal."""
    value = args[0] if args else kwargs["input"]
    offset = args[1] if len(args) > 1 else kwargs.get("diagonal", 0)
    if len(value.shape) == 2:
        return caller.call(tensors.find_op("diagonal"), [value, offset], {}, None, None)
    if len(value.shape) != 1 or offset != 0:
        raise SpecError(f"diag takes a matrix, or a vector and no offset, and gets {describe(value)}")
    ones = caller.call(tensors.find_op("eye"), [value.shape[0]], {"dtype": str(value.dtype)}, None, None)
    return caller.operate("Mult", ones, value)


def _device(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> str:
    return "cpu"


def _seed(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
    from nnbuild.nn.random import manual_seed

    if caller.making and len(args) == 1 and isinstance(args[0], int):
        manual_seed(args[0])


def _pair(count: int) -> Native:
    def call(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        (value,) = args
        return tuple(value) if isinstance(value, list | tuple) else (value,) * count

    return Native("_ntuple", call)


def _op(name: str) -> Any:
    op = tensors.find_op(name)
    return MISSING if op is None else op


def _torch() -> tuple[dict[str, Any], Any, Any]:
    quiet = ("no_grad", "inference_mode", "enable_grad", "autocast", "set_grad_enabled", "compile", "profiler")
    table: dict[str, Any] = {
        **torch_names.TORCH, **torch_names.DTYPES,
        **{name: Quiet(f"torch.{name}") for name in quiet},
        "Tensor": kinds.HINTS["Tensor"],
        "FloatTensor": tensor_of("float32"), "DoubleTensor": tensor_of("float64"), "LongTensor": tensor_of("int64"),
        "IntTensor": tensor_of("int32"), "BoolTensor": tensor_of("bool"), "as_tensor": Native("as_tensor", _as_tensor),
        "from_numpy": Native("from_numpy", _as_tensor), "device": Native("device", _device),
        "manual_seed": Native("manual_seed", _seed), "_assert": Native("_assert", _assert),
        "is_tensor": Native("is_tensor", lambda caller, args, kwargs: tensors.is_tensor(args[0])),
        "is_grad_enabled": Native("is_grad_enabled", _false),
        "is_autocast_enabled": Native("is_autocast_enabled", _false),
        "get_default_dtype": Native("get_default_dtype", lambda caller, args, kwargs: "float32"),
        "diff": Native("diff", _diff), "load": unread("load"), "diag": Native("diag", _diag),
        "__version__": "2.13.0", "pi": functions.MATH["pi"],
    }  # fmt: skip
    return table, _op, ()


def _nn() -> tuple[dict[str, Any], Any, Any]:
    from nnbuild import nn
    from nnbuild.spec.language.names import parameter

    table = {"Module": nn.Module, "Parameter": parameter("Parameter"), "Buffer": parameter("Buffer")}
    return table, layer, nn.LAYERS


def layer(name: str) -> Any:
    from nnbuild import nn

    return getattr(nn, name) if name in nn.LAYERS else MISSING


def _nn_modules() -> tuple[dict[str, Any], Any, Any]:
    """`torch.nn.modules.*`: the layers, and the classes behind them."""
    from nnbuild import nn
    from nnbuild.nn import batch_normalization, convolution, dropout, pooling

    def family(name: str, *kinds_of: str) -> Hint:
        return Hint(name, tuple(getattr(nn, kind) for kind in kinds_of))

    _ = batch_normalization, convolution, dropout, pooling
    table = {
        "Module": nn.Module,
        "_BatchNorm": family("_BatchNorm", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"),
        "_NormBase": family("_NormBase", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d",
                            "InstanceNorm2d", "InstanceNorm3d", "SyncBatchNorm"),
        "_InstanceNorm": family("_InstanceNorm", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"),
        "_ConvNd": family("_ConvNd", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d",
                          "ConvTranspose3d"),
        "_ConvTransposeNd": family("_ConvTransposeNd", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
        "_DropoutNd": family("_DropoutNd", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"),
        "_single": _pair(1), "_pair": _pair(2), "_triple": _pair(3), "_quadruple": _pair(4),
        "_ntuple": Native("_ntuple", lambda caller, args, kwargs: _pair(args[0])),
    }  # fmt: skip
    return table, layer, nn.LAYERS


def _init() -> tuple[dict[str, Any], Any, Any]:
    from nnbuild.nn import init
    from nnbuild.spec.language.names import INITIALISERS, initialiser

    table: dict[str, Any] = {name: initialiser(name) for name in INITIALISERS}
    table |= {name.removesuffix("_"): table[name] for name in INITIALISERS}
    table["calculate_gain"] = Native(
        "calculate_gain", lambda caller, args, kwargs: init.calculate_gain(*args, **kwargs)
    )
    table["_calculate_fan_in_and_fan_out"] = Native("_calculate_fan_in_and_fan_out", _fans)
    table["_calculate_correct_fan"] = Native(
        "_calculate_correct_fan", lambda caller, args, kwargs: _fans(caller, args[:1], {})[args[1] == "fan_out"]
    )
    return table, None, ()


def _fans(caller: Any, args: list[Any], kwargs: dict[str, Any]) -> tuple[int, int]:
    shape = tuple(args[0].shape) if tensors.is_tensor(args[0]) else ()
    if len(shape) < 2:
        raise SpecError(f"a fan wants a weight of 2 axes or more, not {describe(args[0])}")
    taps = 1
    for size in shape[2:]:
        taps *= size
    return shape[1] * taps, shape[0] * taps


def _utils() -> tuple[dict[str, Any], Any, Any]:
    return {**AROUND["utils"], "remove_weight_norm": Native("remove_weight_norm", _first)}, None, ()


def _quiet(name: str) -> Callable[[], tuple[dict[str, Any], Any, Any]]:
    return lambda: ({}, lambda member: Quiet(f"{name}.{member}"), ())


def _cuda() -> tuple[dict[str, Any], Any, Any]:
    table = {name: Native(name, _false) for name in ("is_available", "is_bf16_supported")}
    return {**table, "device_count": Native("device_count", lambda *given: 0)}, lambda name: Quiet(f"cuda.{name}"), ()


def _jit() -> tuple[dict[str, Any], Any, Any]:
    same = {name: Native(name, _first) for name in ("script", "ignore", "unused", "export", "script_method")}
    asked = {name: Native(name, _false) for name in ("is_scripting", "is_tracing")}
    annotate = {"annotate": Native("annotate", lambda caller, args, kwargs: args[1]), "Final": Hint("Final")}
    return {**same, **asked, **annotate}, lambda name: Quiet(f"jit.{name}"), ()


def _compiler() -> tuple[dict[str, Any], Any, Any]:
    asked = {name: Native(name, _false) for name in ("is_compiling", "is_dynamo_compiling", "is_exporting")}
    return asked, lambda name: Quiet(f"compiler.{name}"), ()


def _fetching() -> tuple[dict[str, Any], Any, Any]:
    return {name: unread(name) for name in ("load_state_dict_from_url", "load_url")}, None, ()


def _exporting() -> tuple[dict[str, Any], Any, Any]:
    return {"is_in_onnx_export": Native("is_in_onnx_export", _false)}, None, ()


def _checkpoints() -> tuple[dict[str, Any], Any, Any]:
    table = {
        "checkpoint": Native("checkpoint", _checkpoint),
        "checkpoint_sequential": Native("checkpoint_sequential", _checkpoint_sequential),
    }
    return table, None, ()


TABLES: dict[str, Callable[[], tuple[dict[str, Any], Any, Any]]] = {
    "torch": _torch,
    "torch.nn": _nn,
    "torch.nn.functional": lambda: ({}, _op, ()),
    "torch.nn.init": _init,
    "torch.nn.modules": _nn_modules,
    "torch.nn.utils": _utils,
    "torch.nn.utils.parametrizations": lambda: (dict(AROUND["parametrizations"]), None, ()),
    "torch.nn.parameter": lambda: (_nn()[0], None, ()),
    "torch.linalg": lambda: ({}, lambda name: namespaces.find("linalg", name, MISSING), ()),
    "torch.fft": lambda: ({}, lambda name: namespaces.find("fft", name, MISSING), ()),
    "torch.jit": _jit,
    "torch.cuda": _cuda,
    "torch.cpu": _quiet("cpu"),
    "torch.cuda.amp": _quiet("amp"),
    "torch.amp": _quiet("amp"),
    "torch.profiler": _quiet("profiler"),
    "torch.autograd": lambda: ({"Variable": Native("Variable", _first), "Function": Hint("Function")}, None, ()),
    "torch.autograd.function": lambda: ({"Function": Hint("Function")}, None, ()),
    "torch.autograd.profiler": _quiet("profiler"),
    "torch.utils": lambda: ({}, None, ()),
    "torch.utils.checkpoint": _checkpoints,
    "torch.hub": _fetching,
    "torch.utils.model_zoo": _fetching,
    "torch.nn.attention": _quiet("attention"),
    "torch.compiler": _compiler,
    "torch._dynamo": _compiler,
    "torch.onnx": _exporting,
    "torch.fx": lambda: ({"wrap": Native("wrap", _first)}, None, ()),
    "torch.backends": _quiet("backends"),
    "torch._C": _quiet("_C"),
    "torch.random": lambda: ({"manual_seed": Native("manual_seed", _seed)}, None, ()),
    "torch.types": lambda: ({}, lambda name: Hint(name), ()),
    "torch._jit_internal": lambda: ({}, lambda name: Native(name, _first), ()),
}


def below(name: str, library: Callable[[str], Any]) -> Any:
    """A module of torch that has no table of its own: of `torch.nn.modules.conv` the layers, else a name."""
    for known in ("torch.nn.modules", "torch.nn.utils", "torch.nn"):
        if name.startswith(f"{known}."):
            return library(known)
    return Opaque(name)
