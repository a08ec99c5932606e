"""Networks that are right on shapes and break when they run; memory; threads."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest

from nnbuild import OptionError, compile, load, nn, ops
from nnbuild.engine.threads import most_threads
from nnbuild.formats.memory import available_memory, memory_limit
from nnbuild.graph.liveness import peak_bytes
from nnbuild.graph.trace import trace
from nnbuild.ops.spec import TensorSpec

BREAKS = {
    "F.leaky_relu(x, x)": "leaky_relu wants a number for negative_slope and gets a tensor (2, 4)",
    "x.nan_to_num(x)": "nan_to_num wants a number for nan",
    "x.logsumexp(-1, x)": "logsumexp wants a number for keepdim",
    "torch.hardtanh_(x, x.shape)": "hardtanh cannot be",
    "F.celu(x, alpha=x.shape)": "celu cannot be computed",
    "torch.sort(x, dim=True)": "sort cannot be computed",
    "torch.triu(x, 10**20)": "triu is given a number that the dtype does not hold",
    "x[torch.arange(4)]": "takes what is not there: index 2 is out of bounds",
    "x.nan_to_num(nan='mean')": "nan_to_num cannot be computed",
    "torch.zeros(2, 0).max()": "max",
    "fc(x).to(torch.int64) % 0": "remainder cannot divide whole numbers by zero",
}


@pytest.mark.parametrize("forward", BREAKS)
def test_what_breaks_names_its_line(run, net, samples, forward):
    said = run("run", net(f"y = {forward}\nreturn y"), "--input", samples(), status=1).stderr
    assert BREAKS[forward] in said and "net.yaml:5:" in said


def test_what_breaks_inside_a_layer_names_it(run, spec, samples):
    text = (
        "name: A\ninput: [N, 4]\nblocks:\n  B():\n    layers: {r: ReLU}\n"
        "    forward: x[torch.arange(4)]\nlayers:\n  inner: B\n"
    )
    assert "inner" in run("run", spec(text), "--input", samples(), status=1).stderr


@pytest.mark.parametrize(
    "forward", ["return fc.weight", "return torch.fmod(torch.ones(2), 2)", "return {'w': fc.bias}"]
)
def test_results_that_the_input_does_not_reach(run, net, samples, forward):
    assert "float32" in run("run", net(forward), "--input", samples()).stdout


@pytest.mark.filterwarnings("ignore:kaiming_uniform_ leaves")
def test_tensors_without_elements(run, spec, samples):
    found = run("run", spec("name: A\ninput: [N, 4]\nlayers: ['Linear(4, 0)']\n"), "--input", samples())
    assert "(2, 0)" in found.stdout
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU()).eval()
    compiled = compile(model)
    assert compiled.plan(np.zeros((0, 4), np.float32)) is None
    assert compiled(np.zeros((0, 4), np.float32)).shape == (0, 3)


class Fan(nn.Module):
    """So many tensors that all live until the end."""

    def __init__(self, count):
        super().__init__()
        self.count = count

    def forward(self, x):
        tensors = [ops.mul(x, number) for number in range(self.count)]
        total = x
        for tensor in reversed(tensors):
            total = ops.add(total, tensor)
        return total


class Row(Fan):
    """So many tensors one after the other, with a view of each."""

    def forward(self, x):
        for _ in range(self.count):
            x = ops.mul(ops.view(x, 10, 100), 2)
        return x


def test_memory_is_that_of_what_lives_at_once():
    x = TensorSpec((1000,))
    assert peak_bytes(trace(Fan(60), x)) == 4000 * 62
    assert peak_bytes(trace(Row(60), x)) == 4000 * 3
    assert peak_bytes(trace(nn.Identity(), x)) == 4000


LIVE = """
ys = []
for i in range(60):
  ys.append(torch.arange(3 * 10 ** 7) * i)
t = 0
for y in reversed(ys):
  t = t + y.sum()
return x + t
"""


def test_what_does_not_fit_is_not_tried(run, net, samples):
    said = run("run", net(LIVE.strip()), "--input", samples(), "--max-memory", "2G", status=1).stderr
    assert "needs at least 13." in said and "2.00 GiB are free" in said
    with memory_limit(1000):
        assert available_memory() == 1000
    assert run("run", "lenet_mnist", "--max-memory", "1.5GiB").exit_code == 0


def test_threads_are_bounded():
    with pytest.raises(OptionError, match=f"threads are 1 to {most_threads()}"):
        compile(nn.ReLU(), threads=10**6)
    with pytest.raises(OptionError, match="got 0"):
        compile(nn.ReLU(), threads=0)


def test_each_thread_loads_its_own_weights():
    wanted = {seed: np.array(load("linear", seed=seed).state_dict()["fc.weight"]) for seed in range(6)}
    wrong = []

    def work(seed):
        for _ in range(8):
            model = load("linear", seed=seed)
            nn.Linear(2, 2).weight.data  # noqa: B018
            if not np.array_equal(model.state_dict()["fc.weight"], wanted[seed]):
                wrong.append(seed)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in wanted]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert not wrong


def test_a_load_seeds_what_is_drawn_after_it():
    load("linear", seed=3)
    first = np.array(nn.Linear(3, 2).weight.data)
    load("linear", seed=3)
    assert np.array_equal(nn.Linear(3, 2).weight.data, first)
