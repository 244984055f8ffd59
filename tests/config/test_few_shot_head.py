from __future__ import annotations

from typing import Any

import pytest

from evokd.config import Config, StudentConfig
from evokd.config.contrastive import ContrastiveConfig

TASKS: dict[str, Any] = {
    "classification": {"labels": ["a", "b"]},
    "pair": {"kind": "pair", "labels": ["a", "b"]},
    "ner": {"kind": "ner", "labels": ["PER"]},
    "choice": {"kind": "choice"},
}


def config(kind: str, **student: Any) -> Config:
    return Config.model_validate({"task": {"data": {}, **TASKS[kind]}, "student": student})


def test_short_form() -> None:
    assert config("pair", contrastive=True).student.contrastive == ContrastiveConfig()
    assert config("pair", contrastive=False).student.contrastive is None
    assert config("ner").student == StudentConfig()


@pytest.mark.parametrize("kind", ["ner", "choice"])
def test_other_kinds_are_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=rf"student\.contrastive` .* of kind {kind}"):
        config(kind, contrastive=True)
    with pytest.raises(ValueError, match=rf"student\.head_start: labels` .* of kind {kind}"):
        config(kind, head_start="labels")


def test_a_relation_is_no_prototype() -> None:
    with pytest.raises(ValueError, match=r"student\.head_start: labels` .* of kind pair"):
        config("pair", head_start="labels")


@pytest.mark.parametrize("asked", [{"contrastive": True}, {"head_start": "labels"}])
def test_lora_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"student\.lora` leaves it frozen"):
        config("classification", lora={"r": 4}, **asked)


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValueError, match=r"contrastive\.pairs"):
        config("classification", contrastive={"pairs": 3})
