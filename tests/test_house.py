"""The house itself: package names that nobody else owns, layers that hold."""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("agents", "graph", "student", "prompts", "evokd")


@pytest.mark.parametrize("name", PACKAGES)
def test_a_root_package_is_ours(name: str) -> None:
    assert name not in sys.stdlib_module_names
    spec = find_spec(name)
    assert spec is not None and spec.origin is not None
    assert Path(spec.origin).resolve() == ROOT / name / "__init__.py"  # .venv lies in ROOT too
    assert set(packages_distributions().get(name, ["evokd"])) == {"evokd"}


def test_no_root_folder_shadows_a_library() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    forbidden = {"trace", "code", "types", "queue", "select", "signal", "platform", "datasets"}
    assert not folders & (forbidden | set(sys.stdlib_module_names))


def test_no_pickle_and_no_remote_code() -> None:
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            for word in ("import pickle", "torch.load(", "trust_remote_code=True"):
                assert word not in text, f"{file}: {word}"
