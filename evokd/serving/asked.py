"""What a request asks: JSON in, texts in the form of the student's kind out. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from evokd.config import ConfigError
from evokd.config.task import CALIBRATED_KINDS
from evokd.runs.typed import Typed
from evokd.serving.limits import Limits
from evokd.serving.refusal import Refusal

KEYS = ("text", "texts", "probabilities", "abstain_below")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to `/predict`."""

    texts: tuple[str, ...]
    """In the form of the student's kind."""
    single: bool
    """One text, and one answer as the whole body; else a list of them."""
    probabilities: bool = False
    abstain_below: float | None = None
    """Least confidence of an answer; None: every text is answered."""


def read_asked(body: bytes, typed: Typed, limits: Limits) -> Asked:
    """Read a body.

    Raises:
        Refusal: 400 what it does not hold, 413 more than the limits.
    """
    data = _object(body)
    unknown = ", ".join(map(repr, sorted(set(data) - set(KEYS))))
    if unknown:
        _refuse(f"unknown {unknown[:200]}; expected {', '.join(KEYS)}")
    if ("text" in data) == ("texts" in data):
        _refuse("expected one of `text` (a text or a row) and `texts` (a list of them)")
    single = "text" in data
    values = [data["text"]] if single else data["texts"]
    if not isinstance(values, list) or not values:
        _refuse("texts: expected a list with at least one text or row")
    if len(values) > limits.max_texts:
        raise Refusal(413, f"texts: at most {limits.max_texts} a request, found {len(values)}")
    texts = [
        _text(value, typed, "text" if single else f"texts[{place}]", limits)
        for place, value in enumerate(values)
    ]
    return Asked(tuple(texts), single, _probabilities(data, typed), _abstain_below(data))


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise Refusal(400, f"the body is not valid JSON: {why}") from None
    if not isinstance(data, dict):
        _refuse("the body: expected a JSON object")
    return data


def _text(value: Any, typed: Typed, origin: str, limits: Limits) -> str:
    """A text, or a row of data, as `evokd predict` takes it."""
    if isinstance(value, dict):
        value = _dumped(value, origin)
    if not isinstance(value, str):
        _refuse(f"{origin}: expected a text, or a row as an object")
    if not value.strip():
        _refuse(f"{origin}: expected a text, found an empty one")
    if len(value) > 2 * limits.max_characters:  # a row has names and escapes beside its text
        _too_long(origin, limits)
    try:
        text = typed.text(value, origin)
        text.encode()
    except ConfigError as error:
        raise Refusal(400, str(error)) from None
    except UnicodeEncodeError:
        raise Refusal(400, f"{origin}: half a character (a lone surrogate) is no text") from None
    if len(text) > limits.max_characters:
        _too_long(origin, limits)
    return text


def _dumped(value: dict[str, Any], origin: str) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        raise Refusal(400, f"{origin}: nested too deeply") from None


def _probabilities(data: Mapping[str, Any], typed: Typed) -> bool:
    wanted = data.get("probabilities", False)
    if not isinstance(wanted, bool):
        _refuse("probabilities: expected true or false")
    if wanted and typed.kind not in CALIBRATED_KINDS:
        _refuse(f"probabilities: a student of kind {typed.kind} has no one distribution a text")
    return wanted


def _abstain_below(data: Mapping[str, Any]) -> float | None:
    least = data.get("abstain_below")
    if least is None:
        return None
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0 < least <= 1:
        _refuse("abstain_below: expected the least confidence of an answer, above 0, at most 1")
    return float(least)


def _refuse(message: str) -> NoReturn:
    raise Refusal(400, message)


def _too_long(origin: str, limits: Limits) -> NoReturn:
    raise Refusal(413, f"{origin}: at most {limits.max_characters:,} characters")
