from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.studies.report.markup import (
    CellText,
    ReportColumn,
    ReportTable,
    latex,
    latex_text,
    markdown,
    markdown_text,
    plain,
)

HOSTILE = st.text(alphabet=st.sampled_from("ab|\\{}$&%#_^~<>`*[]()!\n\r\t\u202e\u2028\x00\x1b†→"))


def table(*names: str) -> ReportTable:
    rows = tuple(
        (CellText(name, bold=place % 2 == 1), CellText("0.5")) for place, name in enumerate(names)
    )
    return ReportTable(
        "title", (ReportColumn("name"), ReportColumn("score", number=True)), rows, ("a note",)
    )


def test_markdown_by_hand() -> None:
    text = markdown("study", ["1 cell."], [table("a", "b|c")])
    assert text == (
        "# study\n\n1 cell.\n\n## title\n\n"
        "| name | score |\n| --- | ---: |\n| a | 0.5 |\n| **b\\|c** | 0.5 |\n\na note\n"
    )


def test_latex_by_hand() -> None:
    text = latex("study", [], [table("a_b", "50 %")])
    assert "{a\\_b} & {0.5} \\\\\n\\textbf{50 \\%} & {0.5} \\\\\n\\bottomrule" in text
    assert "\\begin{tabular}{lr}\n\\toprule\nname & score \\\\\n\\midrule" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>", "&lt;script&gt;"),
        ("a\nb", "a b"),
        ("[x](javascript:1)", "\\[x\\](javascript:1)"),
        ("evokd_init", "evokd_init"),
        ("_a_", "\\_a\\_"),
        ("http://x", "http&#8203;://x"),
        ("`a`", "\\`a\\`"),
    ],
)
def test_markdown_shows_names_as_they_are(text: str, expected: str) -> None:
    assert markdown_text(text) == expected


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_a_hostile_name_stays_in_its_markdown_cell(names: list[str]) -> None:
    lines = markdown("s", [], [table(*names)]).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == 2 + len(names)
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 3 for row in rows)
    assert not re.search(r"[<>]", "".join(rows))


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_a_hostile_name_stays_in_its_latex_cell(names: list[str]) -> None:
    text = latex("s", [], [table(*names)])
    body = text.split("\\midrule\n")[1].split("\n\\bottomrule")[0]
    rows = body.split("\n")
    assert len(rows) == len(names)
    for row in rows:
        assert row.endswith(" \\\\")
        assert len(re.findall(r"(?<!\\)&", row)) == 1
        assert _depth(row) == 0
        assert len(re.findall(r"(?<!\\)\$", row)) % 2 == 0
        assert not re.search(r"(?<!\\)[#%_~]", row)


def _depth(text: str) -> int:
    """Braces that are left open, escaped ones not counted; never closed before they opened."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    return depth


def test_every_special_character_of_latex_is_escaped() -> None:
    assert latex_text("\\{}$&%#_^~<>|") == (
        r"\textbackslash{}\{\}\$\&\%\#\_\textasciicircum{}\textasciitilde{}"
        r"\textless{}\textgreater{}\textbar{}"
    )
    assert latex_text("1 ± 2 – 3 −4 †") == r"1 $\pm$ 2 -- 3 $-$4 \textdagger{}"


def test_a_comment_of_latex_ends_with_its_line() -> None:
    head = latex("a\n\\input{/etc/passwd}", [], []).splitlines()
    assert all(line.startswith("%") or not line for line in head)


def test_plain_is_one_short_line() -> None:
    assert plain("a\u202eb\x00c\n  d") == "a b c d"
    assert plain("x" * 500, 10) == "xxxxxxxxx…"
