"""A fake server that won't take a parameter, in the words of the real ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.servers.brain import Payload
from tests.servers.fake_chat import Mischief, Reaction, Served, good

ANSWER = '{"1": "yes"}'
Body = Callable[[str], Any]
"""Name of what is refused → the error's body."""


def openai(name: str) -> Any:
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    error = {"message": message, "type": "invalid_request_error", "param": name, "code": "x"}
    return {"error": error}


def vllm(name: str) -> Any:
    said = f"[{{'type': 'extra_forbidden', 'loc': ('body', '{name}'), 'msg': 'Extra inputs'}}]"
    return {"object": "error", "message": said, "type": "BadRequestError", "param": None}


def mistral(name: str) -> Any:
    return {"detail": [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs"}]}


def google(name: str) -> Any:
    return [{"error": {"code": 400, "message": f'Unknown name "{name}": Cannot find field.'}}]


def ollama(name: str) -> Any:
    return {"error": f"the model does not take '{name}'"}


def openrouter(name: str) -> Any:
    inner = json.dumps(openai(name))
    return {"error": {"message": "Provider returned error", "metadata": {"raw": inner}}}


BODIES: dict[str, Body] = {
    one.__name__: one for one in (openai, vllm, mistral, google, ollama, openrouter)
}


def refusing(
    *names: str,
    body: Body = openai,
    status: int = 400,
    there: Callable[[Payload, str], bool] = lambda payload, name: name in payload,
    text: str | None = ANSWER,
) -> Mischief:
    """Refuses a request by the first of these that it holds; what holds none is answered.

    The answer is `text`, with and without a schema; None: what the brain says.
    """

    def react(payload: Payload, answer: dict[str, Any], served: Served) -> Reaction:
        for name in names:
            if there(payload, name):
                return Reaction(status, body=json.dumps(body(name)).encode())
        if text is not None:
            answer["choices"][0]["message"]["content"] = text
        return good(answer)

    return react


def system_message(payload: Payload, _: str) -> bool:
    return any(one["role"] == "system" for one in payload["messages"])


def shape(payload: Payload, name: str) -> bool:
    return bool(payload.get("response_format", {}).get("type") == name)
