"""Signs that a text is no row but a model speaking of its task: by language, as data.

A model may fall back on English whatever it was asked in, so the English signs hold everywhere,
but for those that mean something in another language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from evokd.config.languages import primary

META_TALK: Mapping[str, tuple[str, ...]] = {
    "everywhere": (
        r"\bas an ai\b",
        r"\blanguage model\b",
        r"\bhere(?:['’]s| is| are) (?:a|an|the|some|your)\b",
        r"\bi can['’]t\b",
        r"\bi cannot (?:write|generate|assist)",
        r"\bsure[,!]",
        r"\bcertainly[,!]",
    ),
    "en": (r"\bsentence",),
    "fr": (
        r"\ben tant qu(?:['’](?:ia\b|intelligence artificielle|assistant)|e modèle de langage)",
        r"\bmodèle de langage\b",
        r"\bvoici (?:un|une|des|quelques|la|le|les|votre|ma|mon)"
        r" (?:autre |nouvelle? |courte? |petite? )*(?:avis|commentaire|exemple|liste|"
        r"phrase|proposition|question|réponse|suggestion|texte|titre|traduction|version)s?\b",
        r"\bje ne (?:peux pas|suis pas en mesure de)"
        r" (?:écrire|rédiger|générer|produire|vous aider)",
        r"^\W*(?:bien sûr|certainement|avec plaisir|d['’]accord)\s*[,!:]",
        r"\b(?:cette|courte|une) phrase\b",
    ),
    "zh": (
        r"作为(?:一个|一名)?(?:人工智能|ai|语言模型|大模型|助手)",
        r"语言模型",
        r"^\W*(?:以下|下面|这里)是",
        r"^\W*这是(?:一|两|几)?(?:条|个|句|篇|段)",
        r"^\W*(?:好的|当然|当然可以|没问题)[，,！!。：:]",
        r"我(?:无法|不能|没法)(?:生成|编写|写出|提供|协助|帮助你|帮你)",
        r"(?:这句话|这个句子|这条文本|短句)",
    ),
}
"""`everywhere` and a language → patterns, in lower case."""


def talks_about_task(text: str, language: str) -> bool:
    """Whether a model talks about its task in a text.

    Args:
        text: As it was written.
        language: Of the text, BCP 47.
    """
    return _PATTERNS.get(primary(language), _EVERYWHERE).search(text) is not None


def speaks_of(text: str, domain: str, spoken: str) -> bool:
    """Whether a text speaks of the kind of text that it should be ("a positive review of …").

    The noun that says so stands last in English, first in French (« avis sur un produit »), where
    it only counts with a pointer before it: « à mon avis » is what buyers say. In Chinese the
    whole phrase must be there, since a part of it can be part of any other word.

    Args:
        text: As it was written.
        domain: Noun for one text, in the language of the prompts.
        spoken: Language of the prompts, BCP 47.
    """
    folded, noun = text.casefold(), domain.casefold()
    if primary(spoken) == "zh":
        return noun in folded
    if primary(spoken) == "fr":
        head = re.escape(noun.split()[0])
        return re.search(rf"\b(?:cet|cette|ce|un|une|l['’])\s*{head}\b", folded) is not None
    return noun.split()[-1] in re.findall(r"\w+", folded)


def _compiled(*groups: str) -> re.Pattern[str]:
    patterns = [pattern for group in groups for pattern in META_TALK[group]]
    return re.compile("|".join(patterns), re.IGNORECASE)


_EVERYWHERE = _compiled("everywhere")
_PATTERNS = {code: _compiled("everywhere", code) for code in META_TALK if code != "everywhere"}
