"""Random networks with branches: the plan gives what the ops give, run after run."""

from typing import Any

import numpy as np
from hypothesis import given, note, settings
from hypothesis import strategies as st

from nnbuild import nn, ops
from nnbuild.engine import compile

TOLERANCE = {"float32": 1e-4, "float64": 1e-10}

Layer = tuple[str, tuple[Any, ...]]


class Network(nn.Module):
    """Steps one after the other, each on values made before; the last value, and those that `kept` names, come out."""

    def __init__(self, channels: int, plan: list[tuple[str, list[int], Any]], kept: list[int], head: bool) -> None:
        super().__init__()
        self.plan, self.kept, self.head = plan, kept, head
        self.layers = nn.ModuleList([layer for _, _, layer in plan if layer is not None])
        self.last = nn.LazyLinear(5)

    def forward(self, x: Any) -> Any:
        values = [x]
        for kind, sources, layer in self.plan:
            picked = [values[source] for source in sources]
            if kind == "layer":
                values.append(layer(picked[0]))
            else:
                values.append(ops.cat(picked, 1) if kind == "cat" else picked[0] + picked[1])
        results = [values[index] for index in self.kept]
        return (self.last(ops.flatten(values[-1], 1)) if self.head else values[-1], *results)


def layers(draw: Any, channels: int, size: int) -> tuple[Any, int, int]:
    """A layer for so many channels of square images, and what it makes of them."""
    kind = draw(st.sampled_from(["conv", "conv", "conv", "up", "norm", "act", "act", "max", "avg", "depthwise", "in"]))
    made = draw(st.sampled_from([4, 8, 16]))
    if kind == "conv":
        kernel, stride = draw(st.sampled_from([(1, 1), (3, 1), (3, 2), (5, 1)]))
        groups = draw(st.sampled_from([1, 1, 4]))
        layer = nn.Conv2d(channels, made, kernel, stride, kernel // 2, groups=groups, bias=draw(st.booleans()))
        return layer, made, (size + 2 * (kernel // 2) - kernel) // stride + 1
    if kind == "up" and size <= 12:
        return nn.ConvTranspose2d(channels, made, 2, 2), made, 2 * size
    if kind == "depthwise":
        return nn.Conv2d(channels, channels, 3, padding=1, groups=channels), channels, size
    if kind in ("max", "avg") and size >= 4:
        return (nn.MaxPool2d if kind == "max" else nn.AvgPool2d)(2), channels, size // 2
    if kind == "norm":
        return nn.BatchNorm2d(channels), channels, size
    if kind == "in":
        return nn.InstanceNorm2d(channels), channels, size
    names = ["ReLU", "ReLU6", "Hardswish", "SiLU", "Tanh", "LeakyReLU", "GELU", "Softplus", "Identity", "Dropout"]
    return getattr(nn, draw(st.sampled_from(names)))(), channels, size


@st.composite
def networks(draw: Any) -> tuple[Any, np.ndarray, int]:
    nn.manual_seed(draw(st.integers(0, 9)))
    dtype = draw(st.sampled_from(sorted(TOLERANCE)))
    channels, size = 4, draw(st.integers(6, 17))
    shapes = [(channels, size)]
    plan: list[tuple[str, list[int], Any]] = []
    for _ in range(draw(st.integers(2, 9))):
        source = draw(st.integers(max(0, len(shapes) - 3), len(shapes) - 1))
        pairs = [index for index, shape in enumerate(shapes) if shape == shapes[source]]
        sized = [index for index, shape in enumerate(shapes) if shape[1] == shapes[source][1]]
        kind = draw(st.sampled_from(["layer", "layer", "layer", "add", "cat"]))
        if kind == "add":
            plan.append(("add", [source, draw(st.sampled_from(pairs))], None))
            shapes.append(shapes[source])
        elif kind == "cat":
            others = draw(st.lists(st.sampled_from(sized), min_size=1, max_size=2))
            plan.append(("cat", [source, *others], None))
            shapes.append((shapes[source][0] + sum(shapes[other][0] for other in others), shapes[source][1]))
        else:
            layer, *shape = layers(draw, *shapes[source])
            plan.append(("layer", [source], layer))
            shapes.append((shape[0], shape[1]))
    kept = draw(st.lists(st.integers(0, len(shapes) - 1), max_size=2))
    model = Network(channels, plan, kept, draw(st.booleans())).eval()
    inputs = np.random.default_rng(0).normal(size=(draw(st.integers(1, 3)), channels, size, size)).astype(dtype)
    model(inputs.astype("float32"))
    for key, value in model.state_dict().items():
        if key.endswith(("running_mean", "running_var")):
            value[...] = np.linspace(0.5, 1.5, value.size)
    return model.to(dtype), inputs, draw(st.integers(1, 2))


@settings(max_examples=150, deadline=None)
@given(networks())
def test_engine_equals_ops(case: tuple[Any, np.ndarray, int]) -> None:
    model, inputs, threads = case
    note(f"{model.plan}, kept {model.kept}, head {model.head}, {inputs.shape}")
    run = compile(model, threads=threads)
    first = run(inputs)
    copies = [result.copy() for result in first]
    for given_ in (inputs, 3 * inputs[:, ::-1]):
        kept = given_.copy()
        for ours, theirs in zip(run(given_), model(given_), strict=True):
            largest = max(1e-3, float(np.abs(theirs).max()))
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE[inputs.dtype.name] * largest)
        assert np.array_equal(given_, kept)
    assert all(map(np.array_equal, first, copies))
