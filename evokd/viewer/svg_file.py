"""A picture of a page as a file of its own: with the colours and fonts that the page's sheet gives.

Readers of SVG outside of browsers know no variables, so the sheet's are put in as they are in the
light. Links of the page lead nowhere from a file and are left out.
"""

from __future__ import annotations

import re
from functools import cache

from evokd.viewer.pages import ASSETS

_ROOT = re.compile(r":root \{(.*?)\}", re.DOTALL)
_VARIABLE = re.compile(r"--([a-z]+): ([^;]+);")
_RULE = re.compile(r"^(\.[^{}@]+) \{ ?([^{}]*?) ?\}$", re.MULTILINE)
_CLASS = re.compile(r"\.([a-z][\w-]*)")
_USED = re.compile(r' class="([^"]*)"')
_LAYOUT = re.compile(r"(?:display|overflow|(?:max-|min-)?(?:width|height)): [^;]*;?")
"""What a rule says of the place on a page: in a file the picture's own size holds."""
_LINK = re.compile(r"<(/?)a(?= |>)(?: href=\"[^\"]*\")?")


def standalone(picture: str) -> str:
    """The text of an SVG file.

    Args:
        picture: An `<svg>` element that `evokd.viewer.svg.picture` made.
    """
    used = {name for names in _USED.findall(picture) for name in names.split()}
    rules = [
        f"{selector}{{{body}}}"
        for selectors, body in _rules()
        for selector in map(str.strip, selectors.split(","))
        if (names := set(_CLASS.findall(selector))) and names <= used and ":" not in selector
    ]
    head, end, rest = picture.partition(">")
    style = f"<style>{''.join(rules)}</style>"
    paper = f'<rect x="-1e4" y="-1e4" width="3e4" height="3e4" fill="{_light()["paper"]}"/>'
    bare = _LINK.sub(r"<\1g", rest)
    return f"{head}{end}{style}{paper}{bare}\n"


@cache
def _light() -> dict[str, str]:
    """The colours by name; the first `:root` is that of the light."""
    root = _ROOT.search((ASSETS / "style.css").read_text(encoding="utf-8"))
    assert root is not None
    return dict(_VARIABLE.findall(root[1]))


@cache
def _rules() -> list[tuple[str, str]]:
    """Selectors and bodies of the sheet's rules that are on one line and begin with a class."""
    sheet = (ASSETS / "style.css").read_text(encoding="utf-8").partition("@media (max-width")[0]
    colours = _light()
    return [
        (selectors, re.sub(r"var\(--([a-z]+)\)", lambda one: colours[one[1]], bare).strip())
        for selectors, body in _RULE.findall(sheet)
        if (bare := _LAYOUT.sub("", body))
    ]
