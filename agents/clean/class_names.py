"""Texts that name their class in a sentence about themselves, or in brackets after it.

A class's name alone says nothing: a review may well be "positive about it". What counts is a name
where only a label stands: "(class: ABBR)", "Category: Sports", "This is a Business news item."
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from agents.clean.meta_talk import NOUNS
from evokd.config.names import seen

_N = NOUNS["everywhere"]
_TITLES = (
    r"(?:class|label|category|genre|topic|type|tag|sentiment|intent|answer type|classe|catégorie|"
    r"étiquette|thème|類別|类别|标签|分类|情感|主题)"
)
_LETTER = re.compile(
    r"\b(?:correct |right |bonne )?(?:answer|réponse|答案)(?: is| est|是)?\s*[:：]?\s*\(?[A-H]\b\)?"
    r"[.)]?\s*$|正确答案",
    re.IGNORECASE,
)


def names_class(text: str, labels: Sequence[str]) -> bool:
    """Whether a text says which of the classes it is of.

    Args:
        text: As it was written.
        labels: Names of classes, as prompts show them; letters for questions with choices.
    """
    if all(len(name) == 1 for name in labels):
        return _LETTER.search(text) is not None
    found = _pattern(tuple(labels))
    return found is not None and found.search(text) is not None


@functools.lru_cache(maxsize=64)
def _pattern(labels: tuple[str, ...]) -> re.Pattern[str] | None:
    names = sorted({form for name in labels for form in _forms(name)}, key=len, reverse=True)
    if not names:
        return None
    label = rf"[\"'“”‘’*]*(?:{'|'.join(map(re.escape, names))})(?!\w)[\"'“”‘’*]*"
    patterns = (
        # Category: Sports / (class: ABBR) / (Sports)
        rf"(?<!\w){_TITLES}\s*[:：=]\s*[\[(]?{label}",
        rf"[\[(（【<{{]\s*{label}\s*[\])）】>}}]\W*$",
        rf"^\W*[(（]\s*{label}\s*[)）]|[\[【]\s*{label}\s*[\]】]",
        rf"^\W*{label}\s*[:：]",
        rf"(?:->|→|=>|–>)\s*{label}\W*$",
        # This is a Business news item. / It belongs to the Sports category.
        rf"\b(?:this|it|that)(?: (?:is|was|would be)|['’]s) (?:\S+ ){{0,4}}?{label} (?:\S+ )?"
        rf"(?:{_N}|class|category|label|topic|type|news)\b",
        rf"\b(?:this|the|these) (?:\S+ ){{0,2}}?{_N} (?:is|are|was|belongs?|falls?|should be"
        rf"|would be|can be|must be|could be|refers?|relates?|pertains?) [^.?!]{{0,60}}?{label}"
        r"(?: (?:class|category|label|topic|type|news)|\W*$)",
        rf"\b(?:an?|this|one) {label} (?:news )+(?:items?|pieces?)\b",
        rf"\b(?:belong\w*|fall\w*|fits?|classif\w+|categori[sz]\w+|label+ed)\b[^.?!]{{0,40}}?\b(?:to|"
        rf"under|into|in|as) (?:(?:the|a|an) )?{label}",
        rf"\b(?:the|its) (?:class|label|category) (?:is|would be) {label}",
        rf"\b(?:ceci|c['’]est|il s['’]agit)(?: est)?(?: d['’e]?)? ?(?:un|une)"
        rf" (?:\S+ ){{0,3}}?{NOUNS['fr']} (?:\S+ )?{label}",
        rf"\b(?:cette|cet|ce) {NOUNS['fr']} (?:est|appartient|relève)\b[^.?!]{{0,40}}?{label}\W*$",
        rf"(?:这|此)(?:是|条|个|句|篇|段).{{0,10}}{label}的?{NOUNS['zh']}?\W*$",
        rf"属于.{{0,4}}{label}",
    )
    return re.compile("|".join(patterns), re.IGNORECASE)


def _forms(name: str) -> list[str]:
    """A class's name as prompts have it, and in plain words."""
    bare = seen(name)  # as written texts are: in NFC, without no-break spaces
    plain = re.sub(r"[_\s]+", " ", bare).strip()
    return [form for form in dict.fromkeys((bare, plain)) if len(form) > 1]
