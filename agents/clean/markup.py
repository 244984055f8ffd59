"""Texts that are markup: code fences, documents, JSON, lists of fields, headings of a list."""

from __future__ import annotations

import re

from agents.clean.unwrapping import looks_wrapped

_FIELDS = (
    r"(?:text|texte|question|sentence|phrase|review|headline|title|example|exemple|input|output|"
    r"label|class|classe|category|catégorie|answer|item|文本|句子|评论|标题|类别|标签|示例)"
)
_HEADS = (
    r"(?:text|texte|question|sentence|headline|example|exemple|input|output|label|class|classe|"
    r"category|catégorie|文本|句子|类别|标签|示例)"
)
"""Of these, the ones that need no number to tell: a real headline may begin with "REVIEW:"."""
_MARKUP = re.compile(
    "|".join(
        (
            r"```",
            r"^\W{0,3}<(?:!doctype|\?xml|html|head|body|div|p|ul|ol|li|table|h[1-6]|span|section|"
            r"article|title|text|sentence|question|example|label|class)\b[^<>]*>",
            r"</(?:html|body|div|ul|ol|li|h[1-6]|article|section|text|sentence|question|example|"
            r"label|class)>",
            rf"^[\W\d_]*{_FIELDS}\s*(?:\#?\s*\d+|[a-z])\s*[*_\"'”]*\s*[:：=]",
            rf"^[\W\d_]*{_HEADS}\s*[*_\"'”]*\s*[:：=]",
            rf"[\"'“”]\s*{_FIELDS}\s*[\"'“”]\s*[:：]",
            rf"[\[({{|,;]\s*{_FIELDS}\s*[:：=]",
            r"^\W*\#{1,6} \w",
            r"^\W*(?:import \w+(?: as \w+)?$|from \w+ import |def \w+\(|print\(|return \w+$)",
            r"^\W*\*\*[^*]{1,40}(?:[:：]\s*\*\*|\*\*\s*[:：])",
            r"^\W*(?:texts?|items?|sentences?|examples?)\s*\d+\W*$",
        )
    ),
    re.IGNORECASE,
)
_LIST = re.compile(r"^\s*\[\s*[\"'“].*[\"'”]\s*,\s*[\"'“]|[\"'”]\s*[}\]]{1,2}\s*$")


def is_json(text: str) -> bool:
    """Whether a text is an object, a list of strings, or the beginning or end of one."""
    return looks_wrapped(text) or _LIST.search(text) is not None


def is_markup(text: str) -> bool:
    """Whether a text is written for a program or a page, not for a reader."""
    return _MARKUP.search(text) is not None
