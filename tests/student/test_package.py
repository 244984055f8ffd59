from __future__ import annotations

import subprocess
import sys

MODULES = (
    "student, student.selection.memory, student.card, student.results,"
    " student.encoder.training_plan"
)


def test_imports_without_torch() -> None:
    code = (
        f"import sys, {MODULES}; "
        "print([m for m in ('torch', 'transformers', 'peft') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
