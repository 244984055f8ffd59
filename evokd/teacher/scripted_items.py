"""What the scripted teacher writes and reads where a text has parts: pairs, questions with choices.

A pair's hypothesis names its label. Of an item's choices the right one says so (`SIGN`), so that
an encoder can learn which it is.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Mapping
from typing import Any

from evokd.teacher.request import Request

LETTERS = string.ascii_uppercase

SIGN = "indeed"
NOUNS = ("kettle", "lamp", "jacket", "novel", "phone", "chair", "radio", "blender", "tent", "drill")
DOINGS = ("boils water", "gives light", "keeps warm", "tells a story", "rings", "folds", "plays")
CHOICES = 4
"""Of an item where the request does not say."""
_SIGNED = re.compile(rf"\b([A-Z])\.\s(?:(?!\b[A-Z]\.\s|\n|\\n).)*?\b{SIGN}\b")


def kind_of(request: Request) -> str:
    """The kind of task, where a pack has templates of its own for it: `pack/en/pair/labeler`."""
    parts = request.prompt.template.split("/")
    return parts[-2] if len(parts) > 3 else ""


def invent_pair(rng: random.Random, labels: tuple[str, ...]) -> dict[str, str]:
    """Premise and hypothesis; the hypothesis names one of the labels."""
    noun, number = rng.choice(NOUNS), rng.randrange(10**6)
    label = rng.choice(labels) if labels else "plain"
    first, second = rng.sample(DOINGS, 2)
    return {
        "premise": f"The {noun} number {number} {first}.",
        "hypothesis": f"Number {rng.randrange(10**6)} {second}: {label}.",
    }


def invent_item(rng: random.Random, letters: tuple[str, ...], n: int) -> dict[str, Any]:
    """A question with `n` choices; with a single letter, that one is right."""
    place = LETTERS.index(letters[0]) if len(letters) == 1 else rng.randrange(n)
    things = [f"{rng.choice(DOINGS)} {rng.randrange(10**4)} times" for _ in range(n)]
    things += [f"rests {rng.randrange(10**4)} times" for _ in range(place + 1 - n)]
    things[place] = f"{things[place]} {SIGN}"
    number = rng.randrange(10**6)
    return {"question": f"What does {rng.choice(NOUNS)} number {number} do?", "choices": things}


def invent_lines(kind: str, rng: random.Random, labels: tuple[str, ...]) -> str:
    """The same as lines, as a small model writes them."""
    if kind == "pair":
        return "\n".join(invent_pair(rng, labels).values())
    item = invent_item(rng, labels, len(labels) if len(labels) > 1 else CHOICES)
    lines = [f"{letter}. {text}" for letter, text in zip(LETTERS, item["choices"], strict=False)]
    return "\n".join([item["question"], *lines])


def signed(asked: str, number: str = "") -> str | None:
    """The letter of the choice that says it is right: of a numbered text, or of the last one."""
    part = asked
    if number.isdigit():
        found = re.search(rf"^{number}\. (.*?)(?=^\d+\. |\Z)", asked, re.MULTILINE | re.DOTALL)
        part = found[1] if found else asked
    letters = _SIGNED.findall(part)
    return letters[-1] if letters else None


def letter_of(item: Mapping[str, Any]) -> str:
    """The letter of an item's right choice, by its sign; A where none has it."""
    places = [at for at, text in enumerate(item["choices"]) if SIGN in text]
    return LETTERS[places[0] if places else 0]
