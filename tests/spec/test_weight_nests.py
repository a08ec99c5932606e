"""Which part of a file is a network's: nests, prefixes, keys, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nnbuild
from nnbuild import nn
from nnbuild.errors import WeightError
from nnbuild.formats.saving import save_weights
from nnbuild.formats.tensors import FileTensor
from nnbuild.spec.weights import load_weights


def saved(path: Path, **parts: dict[str, np.ndarray]) -> Path:
    """A checkpoint with these dicts of arrays; the part `_` stands at the top."""
    tensors = {
        name if part == "_" else f"{part}.{name}": FileTensor.of(array)
        for part, state in parts.items()
        for name, array in state.items()
    }
    save_weights(path, tensors, path)
    return path


def state(value: float, prefix: str = "") -> dict[str, np.ndarray]:
    """Weights of Linear(2, 3)."""
    weights = {"weight": np.full((3, 2), value, np.float32), "bias": np.full(3, value, np.float32)}
    return {prefix + name: array for name, array in weights.items()}


def loaded(path: Path, **options: object) -> tuple[float, list[str]]:
    """The value that the weights then have, and the notes."""
    layer = nn.Linear(2, 3)
    notes = load_weights(layer, path, **options).notes  # type: ignore[arg-type]
    assert layer.weight.data.min() == layer.weight.data.max() == layer.bias.data[0]
    return float(layer.bias.data[0]), notes


@pytest.mark.parametrize("name", ["state_dict", "model", "model_state", "model_state_dict", "net", "ema", "params_ema"])
@pytest.mark.parametrize("prefix", ["", "module.", "model.", "_orig_mod.", "net.", "backbone.", "_orig_mod.module."])
def test_the_part_that_fits_is_found(tmp_path: Path, name: str, prefix: str) -> None:
    optimiser = {"state.0.exp_avg": np.zeros((3, 2)), "state.1.exp_avg": np.zeros(3)}
    path = saved(tmp_path / "w.pth", **{name: state(4, prefix), "optimizer": optimiser})
    value, notes = loaded(path)
    assert value == 4
    assert notes == [
        f"the weights are those under {f'{name}.{prefix}'.rstrip('.')!r} in {path}",
        f"the rest of {path} is left: optimizer.state.0.exp_avg, optimizer.state.1.exp_avg",
    ]


def test_what_is_beside_the_network_in_one_dict_is_left(tmp_path: Path) -> None:
    """Lightning's keep the weights of a loss, say."""
    path = saved(tmp_path / "w.ckpt", state_dict={**state(2, "model."), "loss.weight": np.zeros(9)})
    assert loaded(path) == (
        2, [f"the weights are those under 'state_dict.model' in {path}",
            f"the rest of {path} is left: state_dict.loss.weight"],
    )  # fmt: skip


def test_names_as_they_are_need_no_note(tmp_path: Path) -> None:
    assert loaded(saved(tmp_path / "w.pth", _=state(3))) == (3, [])


def test_of_several_parts_that_fit_one_is_to_be_chosen(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", model=state(1, "module."), ema=state(2))
    with pytest.raises(WeightError, match=r"w\.pth holds 2 sets of weights that fit: ema, model\.module") as caught:
        loaded(path)
    assert caught.value.hint == "choose one: --weights-key ema"
    assert loaded(path, key="ema")[0] == 2
    assert loaded(path, key="model")[0] == 1
    assert loaded(path, key="model.module.")[0] == 1


def test_parts_that_are_one_are_no_choice(tmp_path: Path) -> None:
    torch_like = {name: FileTensor.of(array) for name, array in state(5).items()}
    tensors = {f"{part}.{name}": tensor for part in ("model", "again") for name, tensor in torch_like.items()}
    save_weights(tmp_path / "w.pth", tensors, tmp_path)
    assert loaded(tmp_path / "w.pth")[0] == 5


def test_a_set_at_the_top_and_one_below(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", _=state(1), ema=state(2))
    with pytest.raises(WeightError, match="holds 2 sets of weights that fit: all names as they are, ema"):
        loaded(path)
    assert loaded(path, key="", strict=False) == (
        1, [f"these in {path} are not of the network and are left: ema.weight, ema.bias"],
    )  # fmt: skip
    with pytest.raises(WeightError, match=r'Unexpected key\(s\) in state_dict: "ema.weight", "ema.bias"'):
        loaded(path, key="")


def test_a_part_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WeightError, match=r"w\.pth has no part 'emma'") as caught:
        loaded(saved(tmp_path / "w.pth", model=state(1), ema=state(2)), key="emma")
    assert caught.value.hint == "there are model, ema"


def test_nothing_that_fits(tmp_path: Path) -> None:
    wide = {"weight": np.zeros((3, 4)), "bia": np.zeros(3)}
    path = saved(tmp_path / "w.pth", model=wide, optimizer={"lr": np.zeros(1)})
    with pytest.raises(WeightError) as caught:
        loaded(path)
    assert caught.value.details == [
        'Missing key(s) in state_dict: "bias". ',
        'Unexpected key(s) in state_dict: "bia". ',
        "size mismatch for weight: copying a param with shape torch.Size([3, 4]) from checkpoint, the shape in current "
        "model is torch.Size([3, 2]).",
    ]
    assert caught.value.notes == [
        f"the weights are those under 'model' in {path}",
        'nearest to "bias" is "bia", (3,)',
        "beside them the file holds optimizer",
    ]
    with pytest.raises(WeightError, match="size mismatch for weight") as caught:
        loaded(path, strict=False)
    assert len(caught.value.details) == 1


def test_without_strict_what_is_there_is_taken(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", _={"weight": state(7)["weight"], "more": np.zeros(1)})
    layer = nn.Linear(2, 3, bias=True)
    notes = load_weights(layer, path, strict=False).notes
    assert layer.weight.data.min() == 7
    assert notes == [
        f"these are not in {path} and stay as they were drawn: bias",
        f"these in {path} are not of the network and are left: more",
    ]


def test_many_names_are_grouped(tmp_path: Path) -> None:
    model = nn.Sequential(*(nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1)) for _ in range(3)), nn.Linear(1, 1))
    others = {f"layer{number % 2}.{number}.kernel": np.zeros(1) for number in range(20)}
    with pytest.raises(WeightError) as caught:
        load_weights(model, saved(tmp_path / "w.pth", _={**others, "head": np.zeros(1)}))
    assert caught.value.details == [
        "Missing key(s) in state_dict: 0.* : 4 keys, 1.* : 4 keys, 2.* : 4 keys, 3.* : 2 keys. ",
        "Unexpected key(s) in state_dict: layer0.* : 10 keys, layer1.* : 10 keys, head. ",
    ]


def test_one_group_of_names_is_looked_into(tmp_path: Path) -> None:
    others = {f"body.layer{number % 2}.{number}": np.zeros(1) for number in range(20)}
    with pytest.raises(WeightError, match=r"body\.layer0\.\* : 10 keys, body\.layer1\.\* : 10 keys"):
        loaded(saved(tmp_path / "w.pth", _=others))


def test_what_is_not_taken_is_not_read(tmp_path: Path) -> None:
    """Complex numbers and damage elsewhere in the file are of no matter."""
    path = saved(tmp_path / "w.pth", model=state(1), other={"phase": np.zeros(2, np.complex64)})
    assert loaded(path)[0] == 1


def test_a_few_weights_behind_a_prefix_are_enough(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", module={"19.weight": np.full((1, 1), 8), "other": np.zeros(1)})
    model = nn.Sequential(*(nn.Linear(1, 1) for _ in range(20)))
    notes = load_weights(model, path, strict=False).notes
    assert model[19].weight.data == 8 and notes[0] == f"the weights are those under 'module' in {path}"


def test_many_parts_that_fit(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", **{f"part{number}": state(number) for number in range(500)})
    with pytest.raises(WeightError, match=r"holds 100 sets of weights that fit: part0, part1, .* and 70 more"):
        loaded(path)
    assert loaded(path, key="part499")[0] == 499


def test_complex_numbers_are_refused_by_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", model={"weight": np.zeros((3, 2), np.complex64), "bias": np.zeros(3)})
    with pytest.raises(WeightError, match=r"model\.weight in .*w\.pth holds complex64, not real numbers"):
        loaded(path)


def test_load_takes_a_file_and_a_part_of_it(tmp_path: Path) -> None:
    weights = nnbuild.load("lenet", seed=3).state_dict()
    path = saved(tmp_path / "w.pth", model=dict(nnbuild.load("lenet", seed=4).state_dict()), ema=dict(weights))
    model = nnbuild.load("lenet", weights=path, weights_key="ema")
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, weights[name])
    lacking = saved(tmp_path / "less.pth", _={"classifier.fc3.bias": np.ones(10, np.float32)})
    assert nnbuild.load("lenet", weights=str(lacking), strict=False).classifier.fc3.bias.data.min() == 1


def test_a_spec_names_a_checkpoint(tmp_path: Path) -> None:
    saved(tmp_path / "w.pth", state_dict=state(6, "0."))
    (tmp_path / "net.yaml").write_text("input: [N, 2]\nweights: w.pth\nlayers: ['Linear(2, 3)']\n")
    assert nnbuild.load(tmp_path / "net.yaml").state_dict()["0.bias"].tolist() == [6, 6, 6]
