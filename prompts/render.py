"""Strict rendering of chat templates.

A template is a list of turns: `{% call system() %}…{% endcall %}`, `user()`, `assistant()`; loops
around turns are fine. What stands outside a turn must be blank. A missing variable is an error.

Generated text is data. It enters a turn only through a variable, and every variable is
defused first: a text can't close a turn, open another, or hide control characters.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Literal

import jinja2
import jinja2.meta

from evokd.tasks.words import ended
from evokd.teacher.request import Message, Prompt

# Chat templates of llama.cpp, vLLM and friends tokenise these inside content as real separators.
_MARKERS = re.compile(
    r"<\|.*?\|>|<｜.*?｜>|</?s>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>"
    r"|<\||\|>",
    re.IGNORECASE,
)
# By sound, as far as spelling tells: an hour, but a user and a one-line review.
_VOWEL = re.compile(r"(?!uni(?![mn])|us[aeu]|eu|one\b)[aeiou]|hour|honest|heir", re.IGNORECASE)


class TemplateError(Exception):
    """A template that can't be rendered: its file, and what is wrong with it."""


def defuse(text: str) -> str:
    """A text as data: chat separators broken, control and invisible format characters dropped."""
    kept = text
    if not (text.isascii() and text.isprintable()):  # the usual text has nothing to drop
        kept = "".join(
            c
            for c in text
            if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")
        )
    while _MARKERS.search(kept):  # removing one may join the halves of another
        kept = _MARKERS.sub(" ", kept)
    return kept


def quoted(value: object) -> str:
    """A text between double quotes on one line, as JSON: nothing in it can end the quotation."""
    return json.dumps(defuse(str(value)), ensure_ascii=False)


def one_line(value: object) -> str:
    """A text on one line without quotation marks around it, for models that can't read JSON."""
    return " ".join(defuse(str(value)).split())


def sentence(value: object) -> str:
    """A phrase as a sentence: a capital first, a full stop last."""
    text = one_line(value)
    return ended(f"{text[:1].upper()}{text[1:]}")


def an(value: object) -> str:
    """A noun with the article that English gives it: "a question", "an entity"."""
    text = one_line(value)
    return f"{'an' if _VOWEL.match(text) else 'a'} {text}"


def _finalize(value: Any) -> Any:
    return defuse(value) if isinstance(value, str) else value


_ENVIRONMENT = jinja2.Environment(
    undefined=jinja2.StrictUndefined,
    finalize=_finalize,
    autoescape=False,  # prompts are no HTML; `finalize` is what makes values safe here
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=False,
    extensions=["jinja2.ext.do"],
)
_ENVIRONMENT.filters.update(quoted=quoted, one_line=one_line, sentence=sentence, an=an)


class Template:
    """One role's template."""

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.sha = hashlib.sha256(source.encode()).hexdigest()
        try:
            self._template = _ENVIRONMENT.from_string(source)
            asked = jinja2.meta.find_undeclared_variables(_ENVIRONMENT.parse(source))
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(f"{name}: line {error.lineno}: {error.message}") from None
        self.variables = frozenset(asked) - {"system", "user", "assistant"}
        """What it asks for."""

    def prompt(self, variables: Mapping[str, object]) -> Prompt:
        """Render to messages.

        Raises:
            TemplateError: a missing variable, text outside a turn, or no turn at all.
        """
        turns: list[Message] = []
        outside = self._render({**variables, **_turn_makers(turns)})
        if outside.strip():
            raise TemplateError(f"{self.name}: text outside a turn: {outside.strip()[:60]!r}")
        if not turns:
            raise TemplateError(f"{self.name}: holds no turn")
        return Prompt(tuple(turns), self.name, self.sha)

    def text(self, variables: Mapping[str, object]) -> str:
        """Render to plain text (for the repair turn)."""
        return self._render(variables).strip()

    def _render(self, variables: Mapping[str, object]) -> str:
        try:
            return self._template.render(variables)
        except jinja2.UndefinedError as error:
            raise TemplateError(f"{self.name}: {error.message}") from None


Caller = Callable[[], str]


def _turn_makers(turns: list[Message]) -> dict[str, Callable[[Caller], str]]:
    def maker(role: Literal["system", "user", "assistant"]) -> Callable[[Caller], str]:
        def turn(caller: Caller) -> str:
            turns.append(Message(role, caller().strip()))
            return ""

        return turn

    return {"system": maker("system"), "user": maker("user"), "assistant": maker("assistant")}
