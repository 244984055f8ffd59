"""Names of languages, in the language of the prompts that speak of them.

A prompt in English asks for a text "in French", one in French for « un texte en français ». Codes
are BCP 47 (`fr`, `zh-Hant`, `pt-BR`); what a code says beyond the language stands in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from evokd.config.errors import ConfigError


class Names(NamedTuple):
    """A language's name in each language that prompts come in."""

    en: str
    fr: str
    zh: str


LANGUAGES: Mapping[str, Names] = {
    "ar": Names("Arabic", "arabe", "阿拉伯语"),
    "bg": Names("Bulgarian", "bulgare", "保加利亚语"),
    "bn": Names("Bengali", "bengali", "孟加拉语"),
    "ca": Names("Catalan", "catalan", "加泰罗尼亚语"),
    "cs": Names("Czech", "tchèque", "捷克语"),
    "da": Names("Danish", "danois", "丹麦语"),
    "de": Names("German", "allemand", "德语"),
    "el": Names("Greek", "grec", "希腊语"),
    "en": Names("English", "anglais", "英语"),
    "es": Names("Spanish", "espagnol", "西班牙语"),
    "et": Names("Estonian", "estonien", "爱沙尼亚语"),
    "eu": Names("Basque", "basque", "巴斯克语"),
    "fa": Names("Persian", "persan", "波斯语"),
    "fi": Names("Finnish", "finnois", "芬兰语"),
    "fr": Names("French", "français", "法语"),
    "ga": Names("Irish", "irlandais", "爱尔兰语"),
    "he": Names("Hebrew", "hébreu", "希伯来语"),
    "hi": Names("Hindi", "hindi", "印地语"),
    "hr": Names("Croatian", "croate", "克罗地亚语"),
    "hu": Names("Hungarian", "hongrois", "匈牙利语"),
    "id": Names("Indonesian", "indonésien", "印度尼西亚语"),
    "it": Names("Italian", "italien", "意大利语"),
    "ja": Names("Japanese", "japonais", "日语"),
    "ko": Names("Korean", "coréen", "韩语"),
    "lt": Names("Lithuanian", "lituanien", "立陶宛语"),
    "lv": Names("Latvian", "letton", "拉脱维亚语"),
    "ms": Names("Malay", "malais", "马来语"),
    "nb": Names("Norwegian Bokmål", "norvégien bokmål", "挪威语（书面语）"),
    "nl": Names("Dutch", "néerlandais", "荷兰语"),
    "nn": Names("Norwegian Nynorsk", "norvégien nynorsk", "新挪威语"),
    "no": Names("Norwegian", "norvégien", "挪威语"),
    "pl": Names("Polish", "polonais", "波兰语"),
    "pt": Names("Portuguese", "portugais", "葡萄牙语"),
    "ro": Names("Romanian", "roumain", "罗马尼亚语"),
    "ru": Names("Russian", "russe", "俄语"),
    "sk": Names("Slovak", "slovaque", "斯洛伐克语"),
    "sl": Names("Slovenian", "slovène", "斯洛文尼亚语"),
    "sr": Names("Serbian", "serbe", "塞尔维亚语"),
    "sv": Names("Swedish", "suédois", "瑞典语"),
    "sw": Names("Swahili", "swahili", "斯瓦希里语"),
    "ta": Names("Tamil", "tamoul", "泰米尔语"),
    "th": Names("Thai", "thaï", "泰语"),
    "tr": Names("Turkish", "turc", "土耳其语"),
    "uk": Names("Ukrainian", "ukrainien", "乌克兰语"),
    "ur": Names("Urdu", "ourdou", "乌尔都语"),
    "vi": Names("Vietnamese", "vietnamien", "越南语"),
    "zh": Names("Chinese", "chinois", "中文"),
}
"""Primary subtag → names; others are named by `task.language_name`."""

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
        by_name = [code for code, names in LANGUAGES.items() if tag.casefold() in _folded(names)]
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
        spoken: Language of the prompts. For one that the table has no names in, English ones.
        given: `task.language_name`, which outranks the table.

    Raises:
        ConfigError: no name is given, and none known.
    """
    if given is not None:
        return given
    names = LANGUAGES.get(primary(tag))
    if names is None:
        raise ConfigError(f"task.language_name: {tag!r} needs a name")
    name = {"fr": names.fr, "zh": names.zh}.get(primary(spoken), names.en)
    if tag.casefold() == primary(tag):
        return name
    return f"{name}（{tag}）" if primary(spoken) == "zh" else f"{name} ({tag})"


def _folded(names: Names) -> set[str]:
    return {name.casefold() for name in names}
