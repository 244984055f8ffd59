"""What the scripted teacher says on one of several paths: a reason, an answer, log-probabilities.

Four of five paths of a labeler come to the label that the text names, the others to any; which
ones, a hash says. An analyst says what it would have said. Its server behaves like llama.cpp's: an
assistant's message at the end is continued, and the log-probabilities begin behind it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from evokd.ledger.call import Usage
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from evokd.teacher.scripted_reasons import PIECE, opening, token

RIGHT = 0.8
"""Share of a labeler's paths that come to the label which the text names."""


def along_a_path(request: Request, seed: int, plain: Callable[[Request, int], Reply]) -> Reply:
    """The reply to a request for a path.

    Args:
        request: Of an analyst or a labeler.
        seed: Of the call.
        plain: What is said to the same request where it asks for no path.
    """
    prompt = sum(len(m.content.split()) + 4 for m in request.prompt.messages)
    if request.max_tokens == 1:
        first = opening(request, thinks=False)
        return Reply(first.token, "length", Usage(prompt, 1), (first,))
    rng = random.Random(f"{seed}/{request.call_key}/path")
    text = plain(replace(request, top_logprobs=0), seed).text
    if request.role == "labeler":
        answer = text if rng.random() < RIGHT else rng.choice(request.choices)
        text = f"it says so in {rng.randint(2, 9)} of its words. The answer is {answer}."
    if request.prompt.messages[-1].role == "assistant":
        text = f" {text}"
    pieces = PIECE.findall(text)
    kept = pieces[: request.max_tokens]
    logprobs = tuple(token(piece, rng) for piece in kept) if request.top_logprobs else ()
    finish = "stop" if len(kept) == len(pieces) else "length"
    return Reply("".join(kept), finish, Usage(prompt, len(kept) + 1), logprobs)
