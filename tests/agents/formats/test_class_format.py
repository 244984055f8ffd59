"""Names of classes in replies: as models write them, and never one for another."""

from __future__ import annotations

import pytest

from agents.formats.classes import ClassFormat
from evokd.teacher.faults import Unusable


@pytest.mark.parametrize(
    ("labels", "said", "meant"),
    [
        (("negative", "positive"), "NEGATIVE", "negative"),
        (("US", "us"), "US", "US"),
        (("US", "us"), "us", "us"),
        (("Maße", "Masse"), "Masse", "Masse"),
        (("Maße", "Masse"), "Maße", "Maße"),
        (("sports ", "news"), "sports ", "sports "),
        (("sports ", "news"), "Sports", "sports "),
        (("e\u0301tat", "news"), "état", "e\u0301tat"),
        (("İyi", "kötü"), "iyi", "İyi"),
        (("1", "5"), 5, "5"),
        (("New\u00a0York", "Boston"), "New York", "New\u00a0York"),
    ],
)
def test_a_name_is_read(labels: tuple[str, ...], said: object, meant: str) -> None:
    assert ClassFormat(labels).label(said, "any text") == meant


def test_a_name_that_may_be_two_says_so() -> None:
    with pytest.raises(Unusable, match="'Us' may be 'US' or 'us'; case counts here"):
        ClassFormat(("US", "us")).label("Us", "any text")


@pytest.mark.parametrize("said", ["neutral", "", None, True, 5, ["negative"]])
def test_what_is_no_name(said: object) -> None:
    with pytest.raises(Unusable, match="no label of the task"):
        ClassFormat(("negative", "positive")).label(said, "any text")
