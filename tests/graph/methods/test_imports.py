"""The methods can be read without torch or langgraph, and none is missed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import graph.methods
from graph.methods import METHODS

LOADS = "import sys, graph.methods; print([m for m in ('torch', 'langgraph') if m in sys.modules])"


def test_importing_all_methods_loads_neither_torch_nor_langgraph() -> None:
    done = subprocess.run([sys.executable, "-c", LOADS], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_every_file_holds_methods_that_are_registered() -> None:
    folder = Path(graph.methods.__file__).parent
    files = {file.stem for file in folder.glob("*.py")} - {"__init__", "rival"}
    assert files == {method.__module__.rpartition(".")[2] for method in METHODS.ours.values()}
    assert all(name == method.name for name, method in METHODS.items())
