from __future__ import annotations

from evokd.studies.report.lines import MethodVariant


def test_a_variant_named_like_its_method_is_called_once() -> None:
    assert MethodVariant("lean", "lean").name == "lean"
    assert MethodVariant("lean", "lean_weak").name == "lean, lean_weak"
