"""Names of languages, in the language of the prompts that speak of them.

A prompt in English asks for a text "in French", one in French for « un texte en français ». Codes
are BCP 47 (`fr`, `zh-Hant`, `pt-BR`); what a code says beyond the language stands in brackets.

The names are Unicode's (CLDR, through Babel). A test holds each of them to what prompts have said
so far: a release that renames a language must change no prompt.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

from evokd.config.errors import ConfigError


class Names(NamedTuple):
    """A language's name in each language that prompts come in."""

    en: str
    fr: str
    zh: str


LANGUAGES = (
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga",
    "he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nb", "nl", "nn", "no", "pl",
    "pt", "ro", "ru", "sk", "sl", "sr", "sv", "sw", "ta", "th", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip
"""Primary subtags with a name; others are named by `task.language_name`."""
_OURS: Mapping[tuple[str, str], str] = {
    ("bn", "en"): "Bengali",
    ("nb", "zh"): "挪威语（书面语）",
    ("nn", "zh"): "新挪威语",
}
"""(Language, spoken) → what our prompts have always said where CLDR says something else."""

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(-[a-z]{4})?(-([a-z]{2}|\d{3}))?(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*"
    r"(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)
"""RFC 5646 without the grandfathered tags: language, script, region, variants, extensions."""


def check_tag(tag: str, *, named: bool = False) -> None:
    """Check a BCP 47 tag.

    Args:
        tag: As the config has it.
        named: The config gives the language's name itself, so that it need not be a known one.

    Raises:
        ValueError: no tag, or a language without a name.
    """
    if _TAG.fullmatch(tag) is None:
        dashed = tag.replace("_", "-")
        by_name = [code for code in LANGUAGES if tag.casefold() in _folded(names_of(code))]
        near = dashed if _TAG.fullmatch(dashed) else next(iter(by_name), None)
        hint = f"; did you mean {near!r}?" if near else ""
        raise ValueError(
            f"expected a language tag (BCP 47) such as en, fr or zh-Hant, got {tag!r}{hint}"
        )
    if not named and primary(tag) not in LANGUAGES:
        raise ValueError(
            f"no name is known for the language {tag!r}. Names are known for"
            f" {', '.join(LANGUAGES)}; for texts in another language, say in `task.language_name`"
            " what prompts are to call it"
        )


def primary(tag: str) -> str:
    """The language of a tag, without script and region: `pt` of `pt-BR`."""
    return tag.partition("-")[0].casefold()


def language_name(tag: str, spoken: str, given: str | None = None) -> str:
    """What prompts in the language `spoken` call the language of a tag.

    Args:
        tag: BCP 47.
        spoken: Language of the prompts. For one that `Names` lacks, English ones.
        given: `task.language_name`, which outranks them.

    Raises:
        ConfigError: no name is given, and none known.
    """
    if given is not None:
        return given
    if primary(tag) not in LANGUAGES:
        raise ConfigError(f"task.language_name: {tag!r} needs a name")
    names = names_of(primary(tag))
    name = {"fr": names.fr, "zh": names.zh}.get(primary(spoken), names.en)
    if tag.casefold() == primary(tag):
        return name
    return f"{name}（{tag}）" if primary(spoken) == "zh" else f"{name} ({tag})"


@functools.cache
def names_of(code: str) -> Names:
    """What one of `LANGUAGES` is called."""
    from babel import Locale

    return Names(
        *(_OURS.get((code, spoken)) or Locale(spoken).languages[code] for spoken in Names._fields)
    )


def _folded(names: Names) -> set[str]:
    return {name.casefold() for name in names}
