"""What every section of the config has in common."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
