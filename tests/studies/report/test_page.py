from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from evokd.studies.report.figures import Picture
from evokd.studies.report.page import kept_together, link, page, versions
from evokd.studies.report.results import read_results
from evokd.studies.report.tables import all_tables
from tests.studies.made_up import MadeUp

NASTY = "</pre></title><script>alert(1)</script>\"'<img src=//evil onerror=x>{{ 7*7 }}"
PICTURE = Picture("edges-x", "Edges", "n = 5 <b>", b"png", b"<svg/>")
VOID = {"meta", "img", "br", "link", "input"}


class Reader(HTMLParser):
    """Tags that were opened, with their attributes; complains about one that is not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, tag: str, name: str) -> list[str]:
        return [attrs[name] or "" for found, attrs in self.tags if found == tag and name in attrs]


def shown(made: MadeUp, *pictures: Picture) -> Reader:
    study = read_results(made.write())
    return Reader(page(study, all_tables(study), pictures, "figures"))


def test_the_page_holds_everything(tmp_path: Path) -> None:
    made = MadeUp(tmp_path, study={"cells": 4, "command": ["evokd study a.yaml --workers 2"]})
    made.cell("evokd", 1, 0.812, run="runs/one")
    made.cell("static", 1, 0.7, status="failed", reason="no such endpoint")
    made.cell("eda", 1, 0.5, flat=True)
    found = shown(made, PICTURE)
    for text in (
        "evokd study a.yaml --workers 2", "1 not finished yet", "0.812", "no such endpoint",
        "n = 5 <b>", "evokd 0.1.0", "kind: token_curve", "done, flat",
    ):  # fmt: skip
        assert text in found.text, text
    (source,) = found.values("img", "src")
    assert base64.b64decode(source.removeprefix("data:image/svg+xml;base64,")) == b"<svg/>"
    assert found.values("img", "alt")[0].startswith("Edges.")
    assert "./runs/one/" in found.values("a", "href")


def test_the_page_asks_nothing_of_the_network(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.8)
    found = shown(made, PICTURE)
    addresses = [*found.values("a", "href"), *found.values("img", "src")]
    assert all(
        address.startswith(("./", "#", "data:image/svg+xml;base64,")) for address in addresses
    )
    assert not {"script", "link", "iframe", "object", "form", "base"} & {t for t, _ in found.tags}
    policy = next(a["content"] for t, a in found.tags if t == "meta" and "http-equiv" in a)
    assert policy is not None and policy.startswith("default-src 'none'; img-src data:;")
    style = re.findall(r"url\(|@import", page(read_results(tmp_path), [], [], "figures"))
    assert style == []


def test_heads_are_not_broken_inside_a_word(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.8, variant="full")
    html = page(read_results(made.write()), [], [], "figures")
    (rule,) = re.findall(r"^th \{(.*)\}$", html, re.MULTILINE)
    assert "overflow-wrap: normal" in rule  # the body's is `anywhere`, for long names
    assert kept_together("95 % interval of Δ area") == "95\xa0% interval of Δ\xa0area"


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    made = MadeUp(tmp_path, study={"name": NASTY, "kind": NASTY, "command": NASTY})
    made.cell("evokd", 1, 0.8, task=NASTY, variant=NASTY, run=NASTY, versions={NASTY: NASTY})
    made.cell(NASTY, 1, 0.8, status="failed", reason=NASTY, cell=NASTY)
    found = shown(made, Picture(NASTY, NASTY, NASTY, b"", b""))
    names = {tag for tag, _ in found.tags}
    assert "script" not in names
    assert all(source.startswith("data:") for source in found.values("img", "src"))
    assert not any("onerror" in attrs for _, attrs in found.tags)
    assert "{{ 7*7 }}" in found.text and "49" not in found.text


@pytest.mark.parametrize(
    ("run", "address"),
    [
        ("", ""),
        ("runs/a b", "./runs/a%20b/"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29/"),
        ("//evil.example/x", None),
        ("runs/?q#f", "./runs/%3Fq%23f/"),
    ],
)
def test_links_are_relative(tmp_path: Path, run: str, address: str | None) -> None:
    found = link(run, tmp_path)
    assert found == address if address is not None else found.startswith("./../")


def test_an_absolute_directory_becomes_relative(tmp_path: Path) -> None:
    assert link(str(tmp_path / "runs" / "x"), tmp_path) == "./runs/x/"
    assert unquote(link(str(tmp_path / "y"), tmp_path / "study")) == "./../y/"


def test_versions_that_differ_are_all_named(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.8, versions={"torch": "2.13", "python": "3.11"})
    made.cell("evokd", 2, 0.8, versions={"torch": "2.12"})
    made.cell("evokd", 3, 0.8, versions=None)
    study = read_results(made.write())
    assert versions(study.cells) == [("python", "3.11"), ("torch", "2.12, 2.13")]


def test_an_empty_study_has_a_page(tmp_path: Path) -> None:
    study = read_results(tmp_path)
    found = Reader(page(study, [], [], "figures"))
    assert "nothing to tabulate" in found.text and "no study.yaml" in found.text
