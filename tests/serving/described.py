"""Whether a document is what the server's OpenAPI document says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.docs.json_schema import faults


def misfits(name: str, document: Any, value: Any) -> Iterator[str]:
    """What does not fit the schema of this name."""
    text = json.dumps(document["components"]["schemas"])
    schemas = json.loads(text.replace("#/components/schemas/", "#/$defs/"))
    yield from faults({"$defs": schemas}, schemas[name], value)
