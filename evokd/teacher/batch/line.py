"""A line of a batch's input file: one request, under the id of its row in the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

URL = "/v1/chat/completions"
"""What every line asks for; the same in the batch itself, however the server is addressed."""


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One request."""

    call: str
    """Id of its ledger row, which is its `custom_id`: one attempt, one row, one line."""
    body: Mapping[str, Any]
    """What the chat would be sent."""
    node: str
    """Who asks."""
    round: int

    def to_json(self) -> str:
        """The line, without its end."""
        return json.dumps(
            {"custom_id": self.call, "method": "POST", "url": URL, "body": dict(self.body)}
        )
