"""The notebook of the examples runs from top to bottom, on a loop of marimo's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.student.tiny import save_base

ROOT = Path(__file__).parents[2]
SHOWN = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("notebook", sys.argv[1])
notebook = importlib.util.module_from_spec(spec)
spec.loader.exec_module(notebook)
_, found = notebook.app.run()
print(json.dumps({
    "status": found["run"].status,
    "rounds": list(map(int, found["run"].metrics["round"])),
    "answers": found["answers"],
    "fate": found["trace"].row.fate,
}))
"""


def test_it_runs(tmp_path: Path) -> None:
    pytest.importorskip("marimo", reason="the notebook needs marimo: pip install -e '.[notebook]'")
    save_base(tmp_path / "base")
    env = os.environ | {
        "EVOKD_TEACHER": "scripted",
        "EVOKD_STUDENT": str(tmp_path / "base"),
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", SHOWN, str(ROOT / "examples" / "notebook.py")],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["status"] == "done" and found["rounds"] == [0, 1, 2]
    assert [one["label"] in ("negative", "positive") for one in found["answers"]] == [True, True]
    assert found["fate"] == "trained"
