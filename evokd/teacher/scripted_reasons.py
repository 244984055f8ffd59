"""What the scripted teacher reasons: an answer with its chain of thought and log-probabilities.

The right answer can be read off the question: of its choices the right one says so (`SIGN`), of
numbers it is their sum. The teacher finds it seven times in ten; which times, a hash says. Its
server behaves like llama.cpp's: an assistant's message at the end is continued, the reply repeats
it, and the log-probabilities begin behind it.
"""

from __future__ import annotations

import math
import random
import re

from evokd.config import Role
from evokd.ledger.call import Usage
from evokd.teacher.reply import Reply, TokenLogprob
from evokd.teacher.request import Request
from evokd.teacher.scripted_items import SIGN

REASONERS: frozenset[Role] = frozenset({"teacher_reasoner", "finisher"})
RIGHT = 0.7
"""Share of its answers that are right."""
OPENINGS = ("<think>", "Let", "The", "First", "We", "So", "It", "A", "One", "To")
_CHOICE = re.compile(r"^([A-Z])\. (.*)$", re.MULTILINE)
_NUMBER = re.compile(r"\d+")
PIECE = re.compile(r"\s*\S+|\s+")
"""A token of its replies."""


def reasoned(request: Request, seed: int) -> Reply:
    """The reply to a request of a reasoning role."""
    messages = request.prompt.messages
    rng = random.Random(f"{seed}/{request.call_key}")
    asked = next(m.content for m in reversed(messages) if m.role == "user")
    begun = messages[-1].content if messages[-1].role == "assistant" else ""
    prompt = sum(len(m.content.split()) + 4 for m in messages)
    if request.max_tokens == 1:
        return Reply(OPENINGS[0], "length", Usage(prompt, 1), (opening(request),))
    rest = _thought(asked, rng)
    if begun:
        rest = f" {rest.removeprefix('<think>')}"
    pieces = PIECE.findall(rest)
    kept = pieces[: request.max_tokens]
    finish = "stop" if len(kept) == len(pieces) else "length"
    logprobs = tuple(token(piece, rng) for piece in kept) if request.top_logprobs else ()
    return Reply(begun + "".join(kept), finish, Usage(prompt, len(kept) + 1), logprobs)


def _thought(asked: str, rng: random.Random) -> str:
    choices = _CHOICE.findall(asked)
    if choices:
        signed = [letter for letter, text in choices if SIGN in text.split()]
        letters = [letter for letter, _ in choices]
        others = [letter for letter in letters if letter not in signed[:1]]
        right = signed and rng.random() < RIGHT
        answer = signed[0] if right else rng.choice(others or letters)
        why = f"Choice {answer} says {dict(choices)[answer]}. Nothing else comes as near."
    else:
        total = sum(map(int, _NUMBER.findall(asked.split("\n\n")[0])))
        answer = str(total if rng.random() < RIGHT else total + rng.randint(1, 9))
        why = f"The numbers are counted together. They come to {answer} in all."
    word = rng.choice(("Well", "Indeed", "First", "Now"))
    return f"<think>{word}, number {rng.randrange(10**4)}. {why}</think>\nThe answer is {answer}."


def token(piece: str, rng: random.Random) -> TokenLogprob:
    """A token that it is more or less sure of."""
    logprob = -0.02 - 1.5 * rng.random() ** 3
    rest = math.log(max(1e-6, 1 - math.exp(logprob))) - 0.5
    return TokenLogprob(piece, logprob, ((piece, logprob), (" other", rest)))


def opening(request: Request, *, thinks: bool = True) -> TokenLogprob:
    """The first token and its rivals, the likeliest in front; `thinks`: it may be a `<think>`."""
    words = OPENINGS if thinks else OPENINGS[1:]
    more = (f"Word{at}" for at in range(request.top_logprobs - len(words)))
    top = tuple((word, -0.4 - 0.5 * at) for at, word in enumerate((*words, *more)))
    return TokenLogprob(top[0][0], top[0][1], top[: request.top_logprobs])
