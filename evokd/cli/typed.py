"""A text that somebody typed: as it stands, or an object in JSON."""

from __future__ import annotations

import json
from typing import Any

from evokd.config import ConfigError


def object_or_text(text: str, origin: str) -> Any:
    """The object, where a brace opens the text; else the text.

    Raises:
        ConfigError: a brace, and no JSON; `origin` says which text.
    """
    if not text.lstrip().startswith("{"):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{origin}: not valid JSON: {error}") from None
