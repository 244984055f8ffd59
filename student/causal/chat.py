"""Chat template: the one place where messages become the text that a causal student reads.

Scoring, training, evaluation and generation all take their prompt from `prompt_text` and their
tokens from `encode`, so that what was scored is what was trained on, and what was trained on is
what is asked later. Prompt and response are tokenised separately and without special tokens of the
tokenizer's own: a response's tokens then don't depend on what stands before it, and each of them
has its place in the response's bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError

from evokd.config import ConfigError
from student.causal.token_bytes import byte_bounds

ChatMessage = Mapping[str, str]
"""`role` and `content`."""

_ANSWER = "Quokka"
"""An answer that no template writes by itself."""


@dataclass(frozen=True, slots=True)
class EncodedPair:
    """A prompt and a response as tokens."""

    prompt: tuple[int, ...]
    """Token ids; what the template wrote for control tokens is read as such."""
    response: tuple[int, ...]
    """Token ids, without an end of turn; the name of a control token is plain text here."""
    bounds: tuple[int, ...]
    """Byte offsets into the response, one more than tokens: token i is the bytes
    [bounds[i], bounds[i + 1]) of its UTF-8. They rise from 0 to the response's length."""

    @property
    def length(self) -> int:
        """Tokens of both, without an end of turn."""
        return len(self.prompt) + len(self.response)


def check_template(tokenizer: Any, name: str) -> None:
    """Refuse a tokenizer without a chat template.

    Raises:
        ConfigError: none there: a base model that was never taught to chat.
    """
    if not tokenizer.chat_template:
        raise ConfigError(
            f"student.model: {name} has no chat template, so there is no telling how to ask it; "
            "take the instruction-tuned model, or set `chat_template` in its tokenizer_config.json"
        )


def prompt_text(
    tokenizer: Any, messages: Sequence[ChatMessage], options: Mapping[str, Any] | None = None
) -> str:
    """The text a model continues with its answer, up to and with the header of the answer.

    Args:
        tokenizer: Its `chat_template` renders.
        messages: The last is usually the user's.
        options: Further variables of the template: `enable_thinking: false`.

    Raises:
        ConfigError: the template refuses the messages (a role it doesn't know).
    """
    return _render(tokenizer, messages, options, add_generation_prompt=True)


def prompt_sha(text: str) -> str:
    """SHA-256 of a prompt's text, lower-case hex: equal in scoring, training and evaluation."""
    return hashlib.sha256(text.encode()).hexdigest()


def encode(tokenizer: Any, prompts: Sequence[str], responses: Sequence[str]) -> list[EncodedPair]:
    """Prompts and responses as tokens; nothing is cut.

    Raises:
        ValueError: a prompt without tokens (the first token of a response needs one before it), or
            text that is not Unicode.
    """
    heads, tails = encode_prompts(tokenizer, prompts), encode_responses(tokenizer, responses)
    if len(heads) != len(tails):
        raise ValueError(f"{len(heads)} prompts for {len(tails)} responses")
    return [EncodedPair(head, *tail) for head, tail in zip(heads, tails, strict=True)]


def encode_prompts(tokenizer: Any, prompts: Sequence[str]) -> list[tuple[int, ...]]:
    """Token ids of prompts that `prompt_text` made.

    Raises:
        ValueError: as `encode`.
    """
    if not prompts:
        return []
    ids = tokenizer(
        list(map(_unicode, prompts)),
        add_special_tokens=False,  # the template wrote them
        split_special_tokens=False,
        return_attention_mask=False,
    )["input_ids"]
    if not all(ids):
        raise ValueError(f"prompt {next(i for i, row in enumerate(ids) if not row)} has no tokens")
    return [tuple(row) for row in ids]


def encode_responses(
    tokenizer: Any, responses: Sequence[str]
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Token ids and byte bounds of responses, as `EncodedPair` has them.

    Raises:
        ValueError: text that is not Unicode.
    """
    if not responses:
        return []
    coded = tokenizer(
        list(map(_unicode, responses)),
        add_special_tokens=False,
        split_special_tokens=True,  # an answer that says "<|im_end|>" has not ended
        return_offsets_mapping=True,
        return_attention_mask=False,
    )
    return [
        (tuple(ids), byte_bounds(tokenizer, text, ids, characters))
        for text, ids, characters in zip(
            responses, coded["input_ids"], coded["offset_mapping"], strict=True
        )
    ]


def end_of_turn(tokenizer: Any, stops: AbstractSet[int]) -> int:
    """The token that ends an answer in training.

    The first one that stops generation in what the template writes after an answer; where there is
    none, the tokenizer's end of sequence. Gemma's template closes with <end_of_turn>, which is not
    its tokenizer's `eos_token`.
    """
    messages = ({"role": "user", "content": "?"}, {"role": "assistant", "content": _ANSWER})
    try:
        text = _render(tokenizer, messages, None, add_generation_prompt=False)
    except ConfigError:
        text = ""
    after = text.rpartition(_ANSWER)[2]
    ids = encode_prompts(tokenizer, [after])[0] if after else ()
    eos: int = tokenizer.eos_token_id
    return next((token for token in ids if token in stops), eos)


def _render(
    tokenizer: Any,
    messages: Sequence[ChatMessage],
    options: Mapping[str, Any] | None,
    *,
    add_generation_prompt: bool,
) -> str:
    given = [dict(message) for message in messages]
    try:
        text: str = tokenizer.apply_chat_template(
            given, tokenize=False, add_generation_prompt=add_generation_prompt, **(options or {})
        )
    except TemplateError as error:
        roles = ", ".join(message.get("role", "?") for message in given)
        raise ConfigError(
            f"student.model: its chat template refuses the messages ({roles}): {error}"
        ) from error
    return text


def _unicode(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"text with half a character can't be tokenised: {text[:60]!r}") from None
    return text
