"""A table as Markdown and as LaTeX. Names come from users' files: every cell is escaped.

A cell is plain text; what it may look like is said beside it, never in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

EMPTY = "–"
"""Where there is no number: never a made-up one."""


class CellText(NamedTuple):
    """A cell."""

    text: str
    bold: bool = False


class ReportColumn(NamedTuple):
    """A column's head; numbers stand to the right."""

    head: str
    number: bool = False


@dataclass(frozen=True)
class ReportTable:
    """A table with what a reader has to know about it."""

    title: str
    columns: tuple[ReportColumn, ...]
    rows: tuple[tuple[CellText, ...], ...]
    notes: tuple[str, ...] = ()


def plain(text: object, limit: int = 300) -> str:
    """One line without control or invisible characters, cut to a length."""
    kept = (" " if _invisible(c) else c for c in str(text))
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def markdown(title: str, lead: Sequence[str], tables: Iterable[ReportTable]) -> str:
    """A document: title, paragraphs, tables."""
    parts = [f"# {markdown_text(title)}", *(markdown_text(line) for line in lead)]
    for table in tables:
        parts += [f"## {markdown_text(table.title)}", _markdown_table(table)]
        parts += [markdown_text(note) for note in table.notes]
    return "\n\n".join(parts) + "\n"


def markdown_text(text: object) -> str:
    """A text that Markdown shows as it is, in a table cell too."""
    safe = plain(text, 2000).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = re.sub(r"([\\`*\[\]|~$#])", r"\\\1", safe)
    # inside a word an underscore is one; `http:` and `www.` would become links by themselves
    escaped = re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", escaped)
    return re.sub(r"(?i)\b(https?|ftp)(:)|\b(www)(\.)", r"\1\3&#8203;\2\4", escaped)


def latex(title: str, lead: Sequence[str], tables: Iterable[ReportTable]) -> str:
    r"""A fragment for \input; needs the packages booktabs and graphicx, UTF-8."""
    comments = [f"% {plain(line)}" for line in (title, *lead)]
    head = [*comments, r"% \usepackage{booktabs,graphicx}; names beyond Latin need XeLaTeX"]
    return "\n".join([*head, "", *(_latex_table(table) for table in tables)])


def latex_text(text: object) -> str:
    """A text that LaTeX prints as it is."""
    return "".join(_LATEX.get(c, c) for c in plain(text, 2000))


def _markdown_table(table: ReportTable) -> str:
    heads = [markdown_text(column.head) for column in table.columns]
    rules = ["---:" if column.number else "---" for column in table.columns]
    rows = [[_markdown_cell(cell) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, rules, *rows])


def _markdown_cell(cell: CellText) -> str:
    text = markdown_text(cell.text)
    return f"**{text}**" if cell.bold and text else text


def _latex_table(table: ReportTable) -> str:
    kinds = "".join("r" if column.number else "l" for column in table.columns)
    heads = " & ".join(latex_text(column.head) for column in table.columns)
    rows = [" & ".join(_latex_cell(cell) for cell in row) + r" \\" for row in table.rows]
    caption = " ".join([f"{latex_text(table.title)}.", *map(latex_text, table.notes)])
    return "\n".join(
        [
            r"\begin{table}[ht]",
            r"\centering",
            rf"\caption{{{caption}}}",
            r"\resizebox{\textwidth}{!}{%",
            rf"\begin{{tabular}}{{{kinds}}}",
            r"\toprule",
            heads + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
            "",
        ]
    )


def _latex_cell(cell: CellText) -> str:
    # braces: a cell that begins with [ would be taken for an option of the line end before it
    text = latex_text(cell.text)
    return rf"\textbf{{{text}}}" if cell.bold else f"{{{text}}}"


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "–": "--",
    "−": "$-$",
    "±": r"$\pm$",
    "≥": r"$\geq$",
    "→": r"$\rightarrow$",
    "×": r"$\times$",
    "Δ": r"$\Delta$",
    "†": r"\textdagger{}",
    "…": r"\ldots{}",
}
