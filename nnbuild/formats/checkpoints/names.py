"""The names that a checkpoint's pickle may use, and the inert data that stands in for each call of one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from nnbuild.formats.checkpoints.arrays import StoredArray, StoredDtype
from nnbuild.formats.checkpoints.records import Instance, Name, StatefulDict
from nnbuild.formats.checkpoints.tensors import Tensor, Unreadable, rebuilt, rebuilt_with_dtype

#: Modules of Python 2 by their names today.
_RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}

#: Python's own library, whose functions reach the system; types of its `typing` are only ever mentioned.
_REFUSED = (set(sys.stdlib_module_names) | set(sys.builtin_module_names)) - {"typing"}

#: Names of Python's library that may be mentioned and not called: classes, as values.
_MENTIONED = {
    "argparse.Namespace", "types.SimpleNamespace",
    *(f"builtins.{kind}" for kind in ("object", "int", "float", "bool", "str", "bytes", "tuple", "list", "dict")),
}  # fmt: skip


def _passed(value: Any, *rest: Any) -> Any:
    """What wraps a tensor is the tensor."""
    return value


def _listed(values: Any = (), *rest: Any) -> list[Any]:
    if not isinstance(values, (list, tuple)):
        raise ValueError("a collection of what is no list")
    return list(values)


def _mapped(values: Any = (), *rest: Any) -> StatefulDict:
    made = StatefulDict()
    pairs = values.items() if isinstance(values, dict) else values
    for key, value in pairs:
        if not isinstance(key, (str, int)):
            raise ValueError("a key of a dict that is neither text nor a number")
        made[key] = value
    return made


def _with_default(*factory: Any) -> StatefulDict:
    return StatefulDict()


def _encoded(text: Any, encoding: Any = "latin1") -> bytes:
    """How protocol 2 writes bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise ValueError("bytes in an encoding that is not latin1")
    return text.encode("latin-1")


def _bytes(data: Any = b"", encoding: Any = None) -> bytes:
    if encoding is not None:
        return _encoded(data, encoding)
    if not isinstance(data, bytes):
        raise ValueError("bytes of what are none")
    return data


def _inert(kind: str) -> Callable[..., Instance]:
    """An object without behaviour, whatever it is made of."""
    return lambda *args: Instance(kind)


def _reconstructed(kind: Any, *rest: Any) -> Instance:
    """How protocols 0 and 1 write an object."""
    if not isinstance(kind, Name) or kind.make is not None:
        raise ValueError("an object of what is no class")
    return Instance(kind.text)


def _from_type(function: Any, *rest: Any) -> Any:
    """A tensor with attributes, or of a class of its own: (function, class, arguments, state)."""
    args = rest[1]
    if not isinstance(function, Name) or function.make is None or not isinstance(args, tuple):
        raise ValueError("a tensor that is rebuilt by a name that is not admitted")
    return function.make(*args)


def _array_tensor(array: Any, *rest: Any) -> Any:
    return array if isinstance(array, (StoredArray, Tensor)) else Unreadable("no array", (), "")


def _sparse(layout: Any, data: Any, *rest: Any) -> Unreadable:
    sizes = [part for part in data if isinstance(part, (tuple, list))] if isinstance(data, tuple) else []
    return Unreadable("is sparse", sizes[-1] if sizes else (), "sparse", "write tensor.to_dense() in its place")


def _quantised(storage: Any, offset: Any, size: Any, *rest: Any) -> Unreadable:
    kind = getattr(getattr(storage, "dtype", None), "name", "a quantised dtype")
    return Unreadable(f"is quantised ({kind})", size, kind, "write tensor.dequantize() in its place")


def _without_storage(dtype: Any, size: Any, *rest: Any) -> Unreadable:
    kind = dtype.text.rpartition(".")[2] if isinstance(dtype, Name) else "unknown"
    return Unreadable("has no values: it was saved from the device meta", size, kind)


def _without_shape(*args: Any) -> Unreadable:
    return Unreadable("has no values: it is of a lazy layer that was never called", (), "unknown")


def _nested(*args: Any) -> Unreadable:
    return Unreadable("is nested", (), "nested")


def _subclass(kind: Any, dtype: Any, size: Any, *rest: Any) -> Unreadable:
    name = kind.text if isinstance(kind, Name) else "a class"
    return Unreadable(f"is a {name}, which keeps its values elsewhere", size, name)


_ARRAYS: dict[str, Callable[..., Any]] = {
    "multiarray._reconstruct": StoredArray,
    "multiarray.scalar": _inert("numpy.scalar"),
    "numeric._frombuffer": StoredArray.from_buffer,
}

_MADE: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _mapped,
    "collections.Counter": _mapped,
    "collections.defaultdict": _with_default,
    "collections.deque": _listed,
    "builtins.set": _listed,
    "builtins.frozenset": _listed,
    "builtins.bytearray": _bytes,
    "builtins.complex": _inert("builtins.complex"),
    "builtins.slice": _inert("builtins.slice"),
    "builtins.range": _inert("builtins.range"),
    "builtins.xrange": _inert("builtins.range"),
    "_codecs.encode": _encoded,
    "copyreg._reconstructor": _reconstructed,
    "functools.partial": _inert("functools.partial"),
    "pathlib.PosixPath": _inert("pathlib.PosixPath"),
    "pathlib.WindowsPath": _inert("pathlib.WindowsPath"),
    "pathlib._local.PosixPath": _inert("pathlib.PosixPath"),
    "pathlib._local.WindowsPath": _inert("pathlib.WindowsPath"),
    "torch.Size": _passed,
    "torch.device": _inert("torch.device"),
    "torch.Generator": _inert("torch.Generator"),
    "torch._C.Generator": _inert("torch.Generator"),
    "torch.serialization._get_layout": _inert("torch.layout"),
    "torch.nn.parameter.Parameter": _passed,
    "torch.nn.parameter.UninitializedParameter": _without_shape,
    "torch.nn.parameter.UninitializedBuffer": _without_shape,
    "torch.nn.backends.thnn._get_thnn_function_backend": _inert("torch.nn.backends"),
    "torch._utils._rebuild_tensor": rebuilt,
    "torch._utils._rebuild_tensor_v2": rebuilt,
    "torch._utils._rebuild_tensor_v3": rebuilt_with_dtype,
    "torch._utils._rebuild_parameter": _passed,
    "torch._utils._rebuild_parameter_with_state": _passed,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _array_tensor,
    "torch._utils._rebuild_device_tensor_from_numpy": _array_tensor,
    "torch._utils._rebuild_xla_tensor": _array_tensor,
    "torch._utils._rebuild_qtensor": _quantised,
    "torch._utils._rebuild_sparse_tensor": _sparse,
    "torch._utils._rebuild_sparse_csr_tensor": _sparse,
    "torch._utils._rebuild_nested_tensor": _nested,
    "torch._utils._rebuild_meta_tensor_no_storage": _without_storage,
    "torch._utils._rebuild_wrapper_subclass": _subclass,
    "torch._tensor._rebuild_from_type": _from_type,
    "torch._tensor._rebuild_from_type_v2": _from_type,
    "torch.tensor._rebuild_from_type": _from_type,
    "torch.tensor._rebuild_from_type_v2": _from_type,
    **{f"torch.jit._pickle.build_{kind}": _listed for kind in ("intlist", "tensorlist", "boollist", "doublelist")},
    "torch.jit._pickle.restore_type_tag": _passed,
    "numpy.ndarray": _inert("numpy.ndarray"),
    "numpy.dtype": StoredDtype,
    **{f"{package}.{name}": make for package in ("numpy.core", "numpy._core") for name, make in _ARRAYS.items()},
    **{
        f"numpy.random.{name}": _inert("numpy.random")
        for name in (
            "_pickle.__randomstate_ctor",
            "_pickle.__generator_ctor",
            "_pickle.__bit_generator_ctor",
            "bit_generator.__pyx_unpickle_SeedSequence",
        )
    },
}


def named(text: str) -> Name | None:
    """The name of this text, by which nothing can be reached but what stands above; None for one to refuse."""
    module, _, rest = text.partition(".")
    text = f"{_RENAMED.get(module, module)}.{rest}"
    module = text.partition(".")[0]
    if text in _MADE:
        return Name(text, _MADE[text])
    return None if module in _REFUSED and text not in _MENTIONED else Name(text)
