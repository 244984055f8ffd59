"""The scripted teacher: a deterministic fake for tests and `langgraph dev`.

It answers any role in microseconds, from the request alone: a JSON schema is filled in, a choice
goes to the label that the text names, a text names the label it was asked for. So a student can
learn from it, and every figure it gives is a figure of the machine, not of a model.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from evokd.config import Endpoint
from evokd.ledger.call import Usage
from evokd.teacher.limiter import Limiter
from evokd.teacher.reply import Reply, TokenLogprob
from evokd.teacher.request import Request
from evokd.teacher.scripted_attributes import PROPOSER, proposed
from evokd.teacher.scripted_entities import entities_in, is_entities, marked, marks, types_of
from evokd.teacher.scripted_items import (
    CHOICES,
    invent_item,
    invent_lines,
    invent_pair,
    kind_of,
    letter_of,
    signed,
)
from evokd.teacher.scripted_label_sets import decided, is_label_set, names_in
from evokd.teacher.scripted_paths import along_a_path
from evokd.teacher.scripted_reasons import REASONERS, reasoned
from evokd.teacher.tokens import PromptEstimator

NOUNS = ("kettle", "lamp", "jacket", "novel", "phone", "chair", "radio", "blender", "tent", "drill")
MOODS = ("slightly", "truly", "hardly", "oddly", "clearly", "simply", "rarely", "nearly", "fully")
VERBS = ("works", "feels", "looks", "sounds", "lasts", "arrives", "folds", "heats", "shines")

OTHERS: Mapping[str, Callable[[Request, int], Reply]] = {
    **dict.fromkeys(REASONERS, reasoned),
    PROPOSER: proposed,
}
"""Roles whose replies are made elsewhere."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?=$)', re.MULTILINE)
"""JSON strings at the end of a line: the texts of a prompt."""


class ScriptedTeacher:
    """The same request and seed always get the same reply."""

    def __init__(self, config: Endpoint) -> None:
        self.config = config
        self.limiter = Limiter(config.concurrency)
        self.estimator = PromptEstimator()

    async def send(self, request: Request, seed: int, metadata: Mapping[str, Any]) -> Reply:
        """Answer at once."""
        return scripted_reply(request, seed)

    async def close(self) -> None:
        """Nothing to give back."""


def scripted_reply(request: Request, seed: int) -> Reply:
    """The answer to a request, as a pure function; its usage counts all completions."""
    first, *others = (_completion(request, seed + number) for number in range(request.n))
    if not others or first.usage is None:
        return first
    written = sum(one.usage.completion for one in (first, *others) if one.usage)
    usage = replace(first.usage, completion=written)
    return replace(first, usage=usage, others=tuple(replace(one, usage=None) for one in others))


def _completion(request: Request, seed: int) -> Reply:
    if request.role in OTHERS:
        return OTHERS[request.role](request, seed)
    if request.path:
        return along_a_path(request, seed, _plain)
    return _plain(request, seed)


def _plain(request: Request, seed: int) -> Reply:
    messages = request.prompt.messages
    rng = random.Random(f"{seed}/{request.call_key}")
    asked = next(m.content for m in reversed(messages) if m.role == "user")
    logprobs: tuple[TokenLogprob, ...] = ()
    kind = kind_of(request)
    if request.top_logprobs:
        if kind == "multilabel":
            named: str | None = decided(request, asked)
        else:
            named = signed(asked) if kind == "choice" else _named(asked, request.choices)
        text = named or rng.choice(request.choices)
        logprobs = (_chosen(text, request.choices),)
    elif request.role == "translator":
        text = translation(asked, request.schema)
    elif request.schema is not None:
        text = json.dumps(_fill(request.schema, "", asked, request.choices, rng))
    elif request.role == "labeler":
        text = _named(asked, request.choices) or rng.choice(request.choices)
    elif request.lines:
        texts = [invent(rng, request.choices) for _ in range(request.lines)]
        text = "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
    elif kind == "ner" and marks(request):  # whoever is shown marks answers with them
        text = marked(invent(rng, request.choices), request.choices)
    elif kind in ("pair", "choice") and request.role in (
        "easy_generator",
        "hard_generator",
        "writer",
    ):
        text = invent_lines(kind, rng, request.choices)
    elif request.role in ("easy_generator", "hard_generator", "writer", "paraphraser"):
        text = invent(rng, request.choices)
    else:
        text = f"The {rng.choice(NOUNS)} texts mislead it."
    prompt = sum(len(m.content.split()) + 4 for m in messages)
    return Reply(text, "stop", Usage(prompt, len(text.split()) + 1), logprobs)


def invent(rng: random.Random, labels: tuple[str, ...]) -> str:
    """A text that names one of the labels, unlike any other with good probability."""
    words = [rng.choice(MOODS), rng.choice(VERBS), rng.choice(MOODS), rng.choice(VERBS)]
    label = rng.choice(labels) if labels else "plain"
    return f"The {rng.choice(NOUNS)} number {rng.randrange(10**6)} {' '.join(words)}: {label}."


def translation(asked: str, schema: Mapping[str, Any] | None) -> str:
    """The quoted texts with a word before them, so that what they name stays named."""
    found = [f"Translated: {json.loads(text)}" for text in _QUOTED.findall(asked)]
    if schema is None:
        return found[-1]
    return json.dumps(dict(zip(schema["properties"], found, strict=False)))


def _named(asked: str, labels: tuple[str, ...]) -> str | None:
    """The label that is named last: prompts list the labels first, the text comes at the end."""
    found = [(asked.casefold().rfind(label.casefold()), label) for label in labels]
    at, label = max(found, default=(-1, ""))
    return label if at >= 0 else None


def _chosen(label: str, labels: tuple[str, ...]) -> TokenLogprob:
    rest = math.log(0.2 / max(1, len(labels) - 1))
    top = tuple((name, math.log(0.8) if name == label else rest) for name in labels)
    return TokenLogprob(label, math.log(0.8), top[:20])


def _fill(
    schema: Mapping[str, Any], key: str, asked: str, labels: tuple[str, ...], rng: random.Random
) -> Any:
    """Some instance of a JSON schema."""
    if "enum" in schema:
        return _pick(schema["enum"], key, asked, rng)
    kind = schema.get("type")
    if kind == "object":
        return _object(schema["properties"], key, asked, labels, rng)
    if is_entities(schema):
        return entities_in(_line(asked, key), types_of(schema))
    if is_label_set(schema):
        return names_in(_line(asked, key), schema["items"]["enum"])
    if kind == "array":
        size = schema.get("minItems", 2)
        return [_fill(schema["items"], key, asked, labels, rng) for _ in range(size)]
    if kind == "integer":
        return rng.randint(schema.get("minimum", 1), schema.get("maximum", 3))
    return invent(rng, labels) if "text" in key else f"Scripted {key} {rng.randrange(1000)}."


def _object(
    parts: Mapping[str, Any], key: str, asked: str, labels: tuple[str, ...], rng: random.Random
) -> dict[str, Any]:
    if {"premise", "hypothesis"} <= parts.keys():
        return invent_pair(rng, labels)
    if {"question", "choices"} <= parts.keys():
        return invent_item(rng, labels, parts["choices"].get("maxItems", CHOICES))
    if "text" in parts and is_entities(parts.get("label", {})):
        text = _fill(parts["text"], "text", asked, labels, rng)
        return {"text": text, "label": entities_in(text, types_of(parts["label"]))}
    if "text" in parts and is_label_set(parts.get("label", {})):
        text = _fill(parts["text"], "text", asked, labels, rng)
        return {"text": text, "label": names_in(text, parts["label"]["items"]["enum"])}
    filled = {
        name: _fill(sub, name if not key.isdigit() else key, asked, labels, rng)
        for name, sub in parts.items()
    }
    if isinstance(filled.get("text"), dict) and "choices" in filled["text"]:
        filled["label"] = letter_of(filled["text"])  # a writer that labels its own item
    return filled


def _pick(options: list[str], key: str, asked: str, rng: random.Random) -> str:
    """Numbered texts stand on lines of their own: `3. "…"` is what key `3` asks about."""
    if "accept" in options:
        return rng.choices(options, [20 if option == "accept" else 1 for option in options])[0]
    if all(len(option) == 1 for option in options) and (letter := signed(asked, key)) in options:
        return str(letter)
    return _named(_line(asked, key), tuple(options)) or rng.choice(options)


def _line(asked: str, key: str) -> str:
    """The line of a numbered text; all that is asked where none is."""
    line = re.search(rf"^{re.escape(key)}\. (.*)$", asked, re.MULTILINE) if key else None
    return line[1] if line else asked
