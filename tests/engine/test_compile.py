"""compile: plans for shapes, changes of the model, hooks, threads, memory."""

import os
import threading
from functools import partial
from typing import Any

import numpy as np
import pytest

from nnbuild import nn, ops
from nnbuild.engine import compile
from nnbuild.engine.threads import Pool, current_core, usable_cores
from nnbuild.ops.spec import TensorSpec


def network() -> Any:
    nn.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(), nn.MaxPool2d(2), nn.Conv2d(8, 4, 1)
    ).eval()


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def agree(run: Any, model: Any, inputs: np.ndarray) -> None:
    np.testing.assert_allclose(run(inputs), model(inputs), rtol=1e-4, atol=1e-5)


def test_it_plans_for_each_shape_and_keeps_the_last_four() -> None:
    model = network()
    run = compile(model, TensorSpec((1, 3, 8, 8)))
    for size in (8, 9, 10, 11, 12):
        agree(run, model, drawn(2, 3, size, size))
    assert len(run._plans) == 4


def test_numbers_without_axes_are_added_too() -> None:
    class Sums(nn.Module):
        def forward(self, x: Any) -> Any:
            return ops.add(ops.sum(x), ops.relu(ops.sum(ops.getitem(x, 0))))

    agree(compile(Sums(), TensorSpec((2, 3))), Sums(), drawn(2, 3))


def test_options_and_other_values_are_part_of_the_call() -> None:
    class Scaled(nn.Module):
        def forward(self, x: Any, *, y: Any, twice: bool = False) -> Any:
            z = ops.relu(x) + y
            return {"sum": z, "parts": [x, z + z if twice else z]}

    model = Scaled().eval()
    run = compile(model)
    for twice in (False, True):
        expected = model(drawn(2, 3), y=drawn(2, 3), twice=twice)
        found = run(drawn(2, 3), y=drawn(2, 3), twice=twice)
        assert np.array_equal(found["sum"], expected["sum"])
        assert np.array_equal(found["parts"][1], expected["parts"][1])


def changes() -> dict[str, Any]:
    def load(model: Any) -> None:
        model.load_state_dict({name: np.asarray(value + 1) for name, value in model.state_dict().items()})

    def edit(model: Any) -> None:
        model[0].weight.data[...] *= 2

    def edit_one_value(model: Any) -> None:
        model[0].weight.data[3, 1, 1, 1] += 50

    def replace_data(model: Any) -> None:
        model[0].bias.data = model[0].bias.data + 1

    def replace_parameter(model: Any) -> None:
        model[5].bias = nn.Parameter(np.ones(4, np.float32))

    def replace_module(model: Any) -> None:
        model[5] = nn.Conv2d(8, 4, 3)

    def option(model: Any) -> None:
        model[1].eps = 0.5

    def no_bias(model: Any) -> None:
        model[0].bias = None

    def longer(model: Any) -> None:
        model.append(nn.ReLU())

    return {
        function.__name__: function
        for function in (
            load,
            edit,
            edit_one_value,
            replace_data,
            replace_parameter,
            replace_module,
            option,
            no_bias,
            longer,
        )
    }


@pytest.mark.parametrize("change", changes())
def test_a_changed_model_is_planned_anew(change: str) -> None:
    model, inputs = network(), drawn(2, 3, 8, 8)
    run = compile(model, inputs)
    before = run(inputs)
    changes()[change](model)
    model.eval()
    assert before.shape != model(inputs).shape or not np.allclose(before, model(inputs))
    agree(run, model, inputs)


def test_refresh_takes_in_what_is_not_noticed() -> None:
    model, inputs = nn.Linear(2000, 1).eval(), np.ones((2, 2000), np.float32)
    model = nn.Sequential(model, nn.BatchNorm1d(1)).eval()  # so that the weight is prepared
    run = compile(model, inputs)
    model[0].weight.data[0, 7] += 100
    run.refresh()
    agree(run, model, inputs)


def test_training_runs_the_model_itself() -> None:
    model, inputs = network(), drawn(4, 3, 8, 8)
    run = compile(model, inputs)
    model.train()
    before = model[1].running_mean.data.copy()
    run(inputs)
    assert run.plan(inputs) is None
    assert not np.array_equal(before, model[1].running_mean.data)
    agree(run, model.eval(), inputs)


def test_hooks_are_called() -> None:
    model, inputs = network(), drawn(1, 3, 8, 8)
    run = compile(model, inputs)
    seen: list[Any] = []
    handle = model[2].register_forward_hook(lambda module, args, output: seen.append(output.shape))
    agree(run, model, inputs)
    assert len(seen) == 2
    handle.remove()
    agree(run, model, inputs)
    assert len(seen) == 2 and run.plan(inputs) is not None


def test_several_threads() -> None:
    model = network()
    run = compile(model, threads=2)
    inputs = [drawn(1, 3, 8, 8) * scale for scale in range(1, 5)]
    expected = [model(array) for array in inputs]
    wrong: list[int] = []

    def work(index: int) -> None:
        results = [run(inputs[index]) for _ in range(20)]
        wrong.extend(index for result in results if not np.allclose(result, expected[index], rtol=1e-4, atol=1e-5))

    workers = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_an_error_in_a_worker_reaches_the_caller() -> None:
    def fail() -> None:
        raise ValueError("in a worker")

    with pytest.raises(ValueError, match="in a worker"):
        Pool().run([[[int], [fail]]])


@pytest.mark.skipif(usable_cores() < 2 or current_core() is None, reason="one core, or one that cannot be asked for")
def test_workers_stay_off_the_core_of_the_caller() -> None:
    seen = []
    pool = Pool()
    allowed = os.sched_getaffinity(0)
    pool.run([[[lambda: seen.append(current_core())], [lambda: seen.append(current_core())]]])
    (worker,) = pool.workers
    assert pool.core not in os.sched_getaffinity(worker.thread.native_id or 0)
    assert len(seen) == 2
    assert os.sched_getaffinity(0) == allowed


def test_more_threads_than_cores_run_where_they_can() -> None:
    seen: list[int] = []
    Pool().run([[[partial(seen.append, index)] for index in range(usable_cores() + 2)]])
    assert sorted(seen) == list(range(usable_cores() + 2))


def test_what_is_fused() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8))
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x: Any) -> Any:
            return self.relu(self.body(x) + x)

    model = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Dropout(), Block(), Block(), nn.AdaptiveAvgPool2d(1)).eval()
    inputs = drawn(1, 3, 16, 16)
    run = compile(model, inputs)
    agree(run, model, inputs)
    rows = run.plan(inputs).explain(inputs)  # type: ignore[union-attr]
    assert [row.ops for row in rows] == [
        ("conv2d", "relu"),
        ("conv2d", "batch_norm", "add", "relu"),
        ("conv2d", "batch_norm", "add", "relu"),
        ("adaptive_avg_pool2d",),
    ]
    assert rows[2].buffer == rows[0].buffer != rows[1].buffer
    assert all(row.milliseconds for row in rows) and rows[1].gflops


def test_an_elementwise_step_writes_over_its_input() -> None:
    model, inputs = nn.Sequential(nn.MaxPool2d(2), nn.ReLU(), nn.Sigmoid()).eval(), drawn(1, 3, 16, 16)
    run = compile(model, inputs)
    agree(run, model, inputs)
    rows = run.plan(inputs).explain()  # type: ignore[union-attr]
    assert [row.ops for row in rows] == [("max_pool2d",), ("relu", "sigmoid")]
    assert rows[1].buffer.startswith("over ")


def test_constants_are_computed_once() -> None:
    class Biased(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(drawn(4, 4))

        def forward(self, x: Any) -> Any:
            return ops.linear(x, ops.relu(self.weight))

    model, inputs = Biased().eval(), drawn(2, 4)
    run = compile(model, inputs)
    agree(run, model, inputs)
    assert len(run.plan(inputs).steps) == 1  # type: ignore[union-attr]
    model.weight.data[...] *= -1
    agree(run, model, inputs)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gelu_is_done_with_the_layer_before(approximate: str, dtype: str) -> None:
    model = nn.Sequential(nn.Linear(64, 300), nn.GELU(approximate)).eval().to(dtype)
    inputs = 8 * drawn(2, 197, 64).astype(dtype)
    run = compile(model)
    expected = model(inputs)
    np.testing.assert_allclose(run(inputs), expected, rtol=0, atol=(1e-6 if dtype == "float32" else 1e-14) * 20)
    assert [row.ops for row in run.plan(inputs).explain(inputs)] == [("linear", "gelu")]  # type: ignore[union-attr]


def test_gelu_of_what_has_no_size() -> None:
    inputs = np.array([np.inf, np.nan, 1e30, -1e30, 0], "float32")
    found = compile(nn.GELU())(inputs)
    np.testing.assert_array_equal(found, np.array([np.inf, np.nan, 1e30, 0, 0], "float32"))


def test_an_input_may_be_part_of_a_cat() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 3, 1)

        def forward(self, x: Any) -> Any:
            return ops.cat([x, self.layer(x), x], 1)

    model = Twice().eval()
    for side in (6, 300):  # the larger result is handed out as it is
        inputs = drawn(2, 3, side, side)
        agree(compile(model), model, inputs)


def test_a_sum_with_itself_is_not_written_over_itself() -> None:
    class Sums(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.MaxPool2d(2)

        def forward(self, x: Any) -> Any:
            y = self.layer(x)
            return y + (y + y)

    model, inputs = Sums().eval(), drawn(1, 3, 6, 6)
    agree(compile(model), model, inputs)


def attention(mask: Any) -> Any:
    class Attention(nn.Module):
        def forward(self, x: Any) -> Any:
            return ops.scaled_dot_product_attention(x, 2 * x, x + 1, attn_mask=mask)

    return Attention().eval()


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (nn.LayerNorm(768), (1, 67, 768)),
        (nn.LayerNorm([9, 64]), (70, 9, 64)),
        (nn.RMSNorm(96), (3, 200, 96)),
        (nn.Softmax(-1), (1, 90, 700)),
        (attention(None), (1, 12, 65, 64)),
        (attention(np.random.default_rng(1).normal(size=(12, 65, 65)).astype(np.float32)), (2, 12, 65, 64)),
        (attention(np.tri(65, dtype=bool)), (1, 12, 65, 64)),
    ],
)
def test_ops_that_treat_rows_alone_are_divided_between_threads(model: Any, shape: tuple[int, ...]) -> None:
    inputs = drawn(*shape)
    for threads in (1, 2):
        run = compile(model.eval(), inputs, threads=threads)
        agree(run, model, inputs)
        algorithms = [row.algorithm for row in run.plan(inputs).explain(inputs)]  # type: ignore[union-attr]
        assert ("parts" in algorithms[-1]) == (threads == 2)


@pytest.mark.parametrize("model", [nn.Softmax(1), nn.LayerNorm([67, 768])])
def test_ops_that_join_rows_are_not_divided(model: Any) -> None:
    inputs = drawn(1, 67, 768)
    run = compile(model.eval(), inputs, threads=2)
    agree(run, model, inputs)
    assert [row.algorithm for row in run.plan(inputs).explain(inputs)] == ["plain op"]  # type: ignore[union-attr]
