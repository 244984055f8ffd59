"""What every section of the config has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler


class Strict(BaseModel):
    """Unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Several:
    """Marks a list of which a single item may stand alone, for the JSON schema."""

    def __get_pydantic_json_schema__(
        self, core: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic's own schema of the list, or of an item."""
        made = handler(core)
        ways = made.get("anyOf", [made])
        items = next(way["items"] for way in ways if way.get("type") == "array")
        return {"anyOf": [items, *ways]}
