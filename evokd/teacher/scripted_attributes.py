"""What the scripted teacher proposes: dimensions and values that differ, and yes or no."""

from __future__ import annotations

import json
import random

from evokd.ledger.call import Usage
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request

PROPOSER = "attribute_proposer"
WORDS = ("plain", "vivid", "brief", "long", "dry", "warm", "old", "new", "near", "far")
YES = 0.2
"""Share of its answers to a yes/no question."""


def proposed(request: Request, seed: int) -> Reply:
    """The reply to a request of the proposer of attributes."""
    rng = random.Random(f"{seed}/{request.call_key}")
    what = asked_for(request)
    if what == "fits":
        text = "yes" if rng.random() < YES else "no"
    else:
        text = _listing(what, request, rng)
    prompt = sum(len(message.content.split()) + 4 for message in request.prompt.messages)
    return Reply(text, "stop", Usage(prompt, len(text.split()) + 1))


def asked_for(request: Request) -> str:
    """`dimensions`, `subtopics` or `fits`; the schema tells a server, which sees no choices."""
    if request.schema is not None:
        return "subtopics" if "values" in request.schema["properties"] else "dimensions"
    return request.choices[0] if request.choices else "fits"


def sizes_of(request: Request) -> tuple[int, int]:
    """Values of a dimension, and dimensions, that a request asks for."""
    if request.schema is None:
        return int(request.choices[1]), int(request.choices[2])
    parts = request.schema["properties"]
    if "values" in parts:
        return parts["values"]["minItems"], 0
    several = parts["dimensions"]
    return several["items"]["properties"]["values"]["minItems"], several["minItems"]


def _listing(what: str, request: Request, rng: random.Random) -> str:
    each, dimensions = sizes_of(request)
    values = _values(each, rng)
    if what == "subtopics":
        numbered = (f"{number}. {value}" for number, value in enumerate(values, 1))
        return json.dumps({"values": values}) if request.schema else "\n".join(numbered)
    found = {f"way {number}": _values(each, rng) for number in range(1, dimensions + 1)}
    if request.schema is None:
        return "\n".join(f"{name}: {'; '.join(own)}" for name, own in found.items())
    several = [{"name": name, "values": own} for name, own in found.items()]
    return json.dumps({"dimensions": several})


def _values(count: int, rng: random.Random) -> list[str]:
    return [f"{rng.choice(WORDS)} {number}" for number in rng.sample(range(1000), count)]
