"""What goes to the screen: text of models made harmless, numbers made readable, JSON kept whole.

Models write what they like. Nothing of it may move the cursor, colour the terminal, turn the
reading direction or pass for markup; and no key from the environment may come out again.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: titles, links
    r"|[\x1b\x9b]\[?[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
)
ALARM = "bold red"
"""Style of what failed as a whole."""
DESIGNED = 80
"""Columns that all tables fit in."""
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
# what a terminal may act on inside a JSON string: C1 controls, direction marks, invisible letters
_UNSAFE_JSON = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u070f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SECRET_NAME = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD)$")


def harmless(text: str, lines: bool = False) -> str:
    """A text for the terminal: no escape sequences, no control, format or direction characters.

    Args:
        text: from wherever.
        lines: keep line breaks; else all white space becomes single spaces.
    """
    bare = _ESCAPES.sub("", masked(text))
    kept = "".join(
        c if c == "\n" or unicodedata.category(c) not in _HIDDEN else " " if c.isspace() else ""
        for c in bare
    )
    if lines:
        return "\n".join(line.rstrip() for line in kept.split("\n")).strip("\n")
    return " ".join(kept.split())


def shortened(text: str, limit: int) -> str:
    """One harmless line of at most `limit` characters."""
    line = harmless(text)
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def masked(text: str) -> str:
    """Keys and tokens of the environment, should a server have echoed one, become `[key]`."""
    for secret in _secrets():
        text = text.replace(secret, "[key]")
    return text


def _secrets() -> list[str]:
    found = {
        value.strip()
        for name, value in os.environ.items()
        if _SECRET_NAME.search(name) and len(value.strip()) >= 8  # shorter ones are words
    }
    return sorted(found, key=len, reverse=True)


def dumps(value: Any, *, sort: bool = False, indent: int | None = None) -> str:
    """JSON, readable, with nothing in it that a terminal acts on or that UTF-8 has no form for."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=sort, indent=indent, allow_nan=False)
    return _UNSAFE_JSON.sub(_escaped, masked(text))


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def console(width: int | None = None) -> Console:
    """The console of tables. Nothing is read as markup or emoji, nothing is highlighted."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False, width=width)


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table; a column whose name begins with `>` is for numbers, to the right."""
    from rich import box
    from rich.table import Table

    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for name in columns:
        number = name.startswith(">")
        made.add_column(
            name.removeprefix(">"),
            justify="right" if number else "left",
            no_wrap=number,
            overflow="fold",
        )
    return made


def cell(text: str, style: str = "") -> Text:
    """A table cell from any text."""
    from rich.text import Text

    return Text(harmless(text, lines=True), style=style)


def show(item: Any = "", style: str = "") -> None:
    """Print a table, or a line of any text, which may have a style.

    A narrow terminal wraps the lines of a table; rich alone would cut digits off its numbers.
    """
    from rich.measure import Measurement

    screen = console()
    if isinstance(item, str):
        screen.print(cell(item, style))
        return
    if screen.width < DESIGNED:
        wide = console(DESIGNED)
        screen = console(max(screen.width, Measurement.get(wide, wide.options, item).maximum))
    screen.print(item)


def field(name: str, text: str, lines: bool = False) -> None:
    """Print a name and its text; what follows the first line stands under it."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(min_width=9, style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(name, cell(text if lines else harmless(text)))
    console().print(grid)


def remark(text: str) -> None:
    """A line for people, on stderr, so that it never gets into JSON or CSV."""
    typer.echo(harmless(text), err=True)
