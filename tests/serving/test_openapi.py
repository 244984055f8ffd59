"""The document says what the server takes and gives; the page shows all of it and runs nothing."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from evokd.config import TaskKind
from evokd.serving.app import PATHS
from evokd.serving.docs_page import page
from evokd.serving.limits import Limits
from evokd.serving.openapi import document
from tests.serving.described import misfits

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def made(kind: TaskKind = "classification", *labels: str, **said: bool) -> Any:
    return document(kind, labels or ("no", "yes"), Limits(max_texts=2), version="1", **said)


@pytest.mark.parametrize(
    ("fits", "request_"),
    [
        (True, {"text": "a"}),
        (True, {"texts": ["a", {"text": "b"}], "probabilities": True, "abstain_below": 0.5}),
        (True, {"text": "a", "abstain_below": None}),
        (False, {}),
        (False, {"texts": ["a", "b", "c"]}),
        (False, {"texts": []}),
        (False, {"text": "a", "more": 1}),
        (False, {"text": "a", "abstain_below": 0}),
        (False, {"text": "a" * 20_001}),
    ],
)
def test_requests(fits: bool, request_: Any) -> None:
    assert (not list(misfits("Request", made(), request_))) is fits


def test_answers() -> None:
    line = {"text": "a", "label": "no", "confidence": 0.5, "margin": 0.0}
    assert not list(misfits("Answer", made(), line))
    assert not list(misfits("Answer", made(), line | {"label": None, "abstained": True}))
    assert list(misfits("Answer", made(), line | {"label": "maybe"}))
    assert not list(misfits("Answer", made("ner"), line | {"label": "[]"}))
    sets = made("multilabel", "late", "refund")
    assert not list(misfits("Answer", sets, line | {"label": ["late", "refund"]}))
    assert list(misfits("Answer", sets, line | {"label": ["maybe"]}))
    assert list(misfits("Answer", sets, line))
    assert list(misfits("Answer", made(teacher=True), line | {"by": "somebody"}))


def test_every_path_and_every_reference_is_there() -> None:
    for said in (made(), made("pair", token=True, teacher=True), made("choice", "A", "B")):
        assert set(said["paths"]) == set(PATHS)
        text = json.dumps(said)
        names = said["components"]["schemas"]
        for part in text.split('"#/components/schemas/')[1:]:
            assert part.split('"')[0] in names
    assert made(token=True)["security"] == [{"token": []}]
    assert "security" not in made()


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.ids += [value or "" for name, value in attrs if name == "id"]


def test_the_page_shows_it_all_and_runs_nothing() -> None:
    said = made("classification", HOSTILE, "plain", teacher=True, token=True)
    html = page(said, f"http://{HOSTILE}")
    found = Tags(html)
    assert not {"script", "img", "iframe", "link"} & set(found.tags)
    assert not [name for name in found.attributes if name.startswith("on") or name == "style"]
    assert all(link.startswith("#") or link == "/openapi.json" for link in found.links)
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    for path in PATHS:
        assert f"<code>{path}</code>" in html
    for name, schema in said["components"]["schemas"].items():
        assert f'id="{name}"' in html
        assert all(f"<code>{key}</code>" in html for key in schema.get("properties", ()))
    assert "Authorization: Bearer $EVOKD_SERVE_TOKEN" in html
