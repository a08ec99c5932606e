"""PyTorch source in a spec's place."""

from __future__ import annotations

from pathlib import Path

import numpy as np

HABITS = Path(__file__).parents[1] / "exchange" / "reading" / "sources" / "habits.py"


def test_commands_take_source(run, tmp_path):
    net = f"{HABITS}:ResNet"
    assert "20,423" in run("summary", net, "--input", "1,3,32,32").stdout
    assert " ok " in run("check", net, "--input", "1,3,32,32").stdout
    assert "(1, 3)" in run("shapes", net, "--input", "1,3,32,32").stdout
    np.save(tmp_path / "x.npy", np.ones((2, 3, 16, 16), np.float32))
    result = run("run", net, "--input", tmp_path / "x.npy", "--set", "zero_init_residual=False")
    assert "(2, 3)" in result.stdout


def test_what_is_missing_is_named(run):
    result = run("summary", f"{HABITS}:ResNet", status=1)
    assert result.stderr.endswith("does not say what ResNet takes\n  = help: say --input 1,3,224,224\n")
    assert "13 networks" in run("summary", HABITS, status=1).stderr
    assert "has no variants" in run("summary", f"{HABITS}:vgg", "--variant", "big", status=1).stderr
    assert "say --input" in run("check", f"{HABITS}:vgg").stderr


def test_a_decorator_that_is_passed_over_is_told(run, tmp_path):
    source = "import torch.nn as nn\nfrom fancy import deco\n@deco(3)\nclass Net(nn.Sequential):\n    pass\n"
    (tmp_path / "net.py").write_text(source)
    result = run("summary", tmp_path / "net.py", "--input", "1,2")
    assert "note: the decorator @deco of Net is passed over" in result.stderr
