"""The fake server in the protocols of other providers, as their SDKs write and read them.

    with FakeChat(BRAIN, protocol=Anthropic()) as server: …

Each turns a request into OpenAI's words, which brain and bill understand, and OpenAI's answer into
its own: whatever a test plants in the answer is planted in the same place here. A request that the
real server would refuse for a field that it doesn't know is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from typing import Protocol as Typed

from tests.servers.brain import Payload

KEY = "sk-fake-0123456789abcdef"
KEY_NAME = "EVOKD_FAKE_KEY"
LABELER = "labeler"


class Unknown(Exception):
    """A field, a path or a role that the protocol has not; its words go into a 400."""


class Protocol(Typed):
    """One protocol."""

    name: str
    base: str
    """Behind host and port: the address that a config names."""

    def endpoint(self, url: str) -> dict[str, Any]:
        """What a config says of a server at this address."""
        ...

    def payload(self, path: str, body: Any) -> Payload:
        """A request in OpenAI's words; raises `Unknown`."""
        ...

    def key(self, headers: Mapping[str, str]) -> str:
        """The key that came with it."""
        ...

    def answer(self, answer: Mapping[str, Any]) -> Any:
        """OpenAI's answer, or what a test made of it, in this protocol."""
        ...

    def error(self, status: int, message: str) -> Any:
        """The body of an error."""
        ...

    def listing(self, names: Sequence[str]) -> Any:
        """The list of models."""
        ...


def encoded(protocol: Protocol, status: int, body: bytes) -> bytes:
    """A body of OpenAI's in another protocol; what is no such body stays as it is."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(document, dict):
        return body
    if document.get("error"):
        error = document["error"]
        said = error if isinstance(error, str) else str(error.get("message"))
        paid = protocol.answer({"usage": document["usage"]}) if document.get("usage") else {}
        return _json({**paid, **protocol.error(status, said)})
    return _json(protocol.answer(document)) if "choices" in document else body


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


def only(body: Mapping[str, Any], known: Iterable[str], place: str = "") -> None:
    for name in body:
        if name not in known:
            raise Unknown(f"{place}{name}: Extra inputs are not permitted")


def shape_of(schema: Any) -> dict[str, Any]:
    """A `response_format` with the name of the role whose schema it is; others send no name."""
    return {
        "type": "json_schema",
        "json_schema": {"name": _role(schema.get("properties", {})), "schema": schema},
    }


def _role(fields: Mapping[str, Any]) -> str:
    if "texts" in fields:
        return "hard_generator"
    if "1" not in fields:
        return "analyst"
    return "critic" if "action" in fields["1"].get("properties", {}) else LABELER


def first_of(answer: Mapping[str, Any]) -> Any:
    """The first choice; or what stands in the place of choices, as an object without sense."""
    choices = answer["choices"]
    return choices[0] if isinstance(choices, list) and choices else None


def renamed(usage: Any, names: Mapping[str, str]) -> Any:
    """Usage with its counts under other names; what is no object stays as it is."""
    if not isinstance(usage, dict):
        return usage
    return {theirs: usage[ours] for ours, theirs in names.items() if ours in usage}


def plain(content: Any) -> str:
    """A text, or a list of parts with one."""
    if isinstance(content, str):
        return content
    return "".join(str(part["text"]) for part in content)
