"""What the fake server says when nothing is wrong: the scripted teacher's answers, over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from evokd.config import Role
from evokd.teacher.request import Message, Prompt, Request
from evokd.teacher.scripted import scripted_reply

Payload = Mapping[str, Any]
MARK = re.compile(r"\[(\w+)\]")
"""`[hard_generator]` in a prompt says whose it is, where no schema's name does."""


def role_of(payload: Payload) -> str:
    """The role that asks: by schema, by mark, else by what only one role of a small pack sets."""
    shape = payload.get("response_format", {}).get("json_schema", {})
    if shape:
        return str(shape["name"])
    for message in payload["messages"]:
        for word in MARK.findall(str(message["content"])):
            if word in get_args(Role):
                return str(word)
    if payload.get("logprobs"):
        return "labeler"
    return "hard_generator" if "min_p" in payload else "analyst"


def lines_of(payload: Payload) -> int:
    """How many texts are asked for as a numbered list; 0 where the form is another one."""
    asked = str(payload["messages"][-1]["content"])
    many = re.search(r"Write (\d+) ", asked)
    return int(many[1]) if many and "numbered list" in asked else 0


def texts_tokens(payload: Payload) -> int:
    """Prompt tokens as a truthful server might count them: words, and a few for each message."""
    return sum(len(str(m["content"]).split()) + 4 for m in payload["messages"])


@dataclass(frozen=True)
class Brain:
    """Answers by the payload alone, so that a repeated request gets the same reply."""

    labels: tuple[str, ...]
    accepting: bool = False
    """The critic accepts everything: no second waves."""
    prompt_tokens: Callable[[Payload], int] = texts_tokens
    most: int = 128
    """Completions that it gives at most, whatever `n` says: 1 knows no `n`."""
    counts_one: bool = False
    """Its usage counts the first completion only, as llama.cpp's does."""

    def completion(self, payload: Payload) -> dict[str, Any]:
        """The body of a good answer."""
        request, seed = self._request(payload), int(payload.get("seed", 0))
        wanted = min(int(payload.get("n") or 1), self.most)
        choices = [self._choice(payload, request, seed + at) for at in range(wanted)]
        written = [len(one["message"]["content"].split()) + 1 for one in choices]
        usage = self.prompt_tokens(payload), written[0] if self.counts_one else sum(written)
        return {
            "id": "chatcmpl-fake",
            "object": "chat.completion",
            "created": 0,
            "model": payload["model"],
            "choices": [one | {"index": at} for at, one in enumerate(choices)],
            "usage": {
                "prompt_tokens": usage[0],
                "completion_tokens": usage[1],
                "total_tokens": sum(usage),
            },
        }

    def _choice(self, payload: Payload, request: Request, seed: int) -> dict[str, Any]:
        reply = scripted_reply(request, seed)
        text = reply.text
        if self.accepting and role_of(payload) == "critic":
            text = text.replace('"relabel"', '"accept"').replace('"reject"', '"accept"')
            text = text.replace('"retry"', '"accept"')
        content = [
            {
                "token": item.token,
                "logprob": item.logprob,
                "top_logprobs": [{"token": token, "logprob": value} for token, value in item.top],
            }
            for item in reply.logprobs
        ]
        return {
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": text},
            "logprobs": {"content": content} if content else None,
        }

    def _request(self, payload: Payload) -> Request:
        role: Any = role_of(payload)
        messages = tuple(Message(m["role"], str(m["content"])) for m in payload["messages"])
        shape = payload.get("response_format", {}).get("json_schema", {})
        return Request(
            role=role,
            call_key="",
            prompt=Prompt(messages, "", ""),
            temperature=0,
            max_tokens=1,
            top_logprobs=int(payload.get("top_logprobs") or 0),
            schema=shape.get("schema"),
            choices=self.labels,
            lines=lines_of(payload),
        )


def fingerprint(payload: Payload) -> str:
    """Equal for requests that ask for the same thing."""
    return json.dumps(payload, sort_keys=True)
