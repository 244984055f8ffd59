"""One mermaid snapshot for every wiring: a switch that changes no drawing changes nothing.

After a change on purpose: `UPDATE_SNAPSHOTS=1 .venv/bin/pytest tests/graph/test_wirings.py`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ROLES, Config, parse_config
from graph.core.wiring import COLLECTORS, drawn_edges, givers
from graph.draw import compiled, mermaid, text
from tests.graph.methods.names import DRAWN

SNAPSHOTS = Path(__file__).parent / "snapshots"
WIRINGS: dict[str, dict[str, bool]] = {
    "full": {},
    "no_easy": {"easy": False},
    "no_correct": {"correct": False},
    "no_review": {"review": False},
    "no_separate_labels": {"separate_labels": False},
    "no_critic": {"critic": False},
    "no_analysis": {"analysis": False},
    "no_analysis_no_easy": {"analysis": False, "easy": False},
    "bare": dict.fromkeys(
        ["easy", "correct", "review", "separate_labels", "critic", "analysis"], False
    ),
}


TRANSLATED = {"translated": True, "translated_no_separate_labels": False}
"""Wirings with a translator → whether labels are separate."""
CHANNELS: dict[str, dict[str, Any]] = {
    "report": {"report": True},
    "no_rows": {"rows": False, "report": True},
    "confusions": {"confusions": True},
    "weak": {"allocation": "weak"},
    "rules": {"analysis": "rules"},
    "confusions_alone": {"analysis": "none", "rows": False, "confusions": True},
}
"""Channels of feedback that are on or off against the default (`loop.feedback`)."""
PEOPLE = {
    "person": "evokd",
    "person_overgenerate": "overgenerate",
    "person_zerogen": "zerogen",
}
"""Wirings with a person → method."""
KEPT: dict[str, tuple[str, dict[str, Any]]] = {
    "keep": ("evokd", {}),
    "keep_zerogen": ("zerogen", {}),
    "keep_person_no_review": ("evokd", {"human": {}, "switches": {"review": False}}),
}
"""Wirings with a keeper → method, and what else is set under `loop`."""
POOLED: dict[str, dict[str, Any]] = {
    "pool_share": {"pool_share": 0.5},
    "rewrite": {"rewrite": 0.5},
    "pool_share_and_rewrite_no_analysis": {
        "pool_share": 0.5,
        "rewrite": 0.5,
        "feedback": {"analysis": "none"},
    },
}
"""Wirings with texts of the pool."""
METHODS_DRAWN = [method for method in DRAWN if method != "evokd"]
WITH_PARTS = {
    "lean_doubts": {"lean": {"short_orders": True, "allocation": "weak", "doubt": "both"}},
}


def config(
    switches: dict[str, bool],
    method: str = "evokd",
    methods: dict[str, dict[str, Any]] | None = None,
    **loop: Any,
) -> Config:
    data = {name: f"/nowhere/{name}.jsonl" for name in ("train", "test", "pool")}
    return parse_config(
        {
            "task": {"labels": ["a", "b"], "data": data},
            "method": method,
            "methods": methods or {},
            "student": {"update": "retrain"},
            "loop": {"switches": switches, **loop},
        }
    )


def settings_of(name: str) -> Config:
    """A wiring of EvoKD, or a method by its name."""
    if name in TRANSLATED:
        return config({"separate_labels": TRANSLATED[name]}, written_in="fr")
    if name in PEOPLE:
        return config({}, PEOPLE[name], human={})
    if name in WITH_PARTS:
        return config({}, name.partition("_")[0], WITH_PARTS[name])
    if name in POOLED:
        return config({}, **POOLED[name])
    if name in KEPT:
        method, more = KEPT[name]
        switches = more.get("switches", {})
        more = {key: value for key, value in more.items() if key != "switches"}
        return config(switches, method, keep={"policy": "uniform", "share": 0.5}, **more)
    if name in CHANNELS:
        return config({}, feedback=CHANNELS[name])
    return config(WIRINGS[name]) if name in WIRINGS else config({}, name)


@pytest.mark.parametrize(
    "name", [*WIRINGS, *CHANNELS, *TRANSLATED, *POOLED, *KEPT, *PEOPLE, *METHODS_DRAWN, *WITH_PARTS]
)
def test_the_drawing_is_the_one_we_know(name: str) -> None:
    drawn = mermaid(settings_of(name))
    file = SNAPSHOTS / f"{name}.mmd"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(drawn, encoding="utf-8")
    assert drawn == file.read_text(encoding="utf-8")


def test_every_switch_changes_the_drawing() -> None:
    names = [*WIRINGS, *CHANNELS, *POOLED]
    assert len({mermaid(settings_of(name)) for name in names}) == len(names)


def test_without_retries_the_critic_sends_nothing_back() -> None:
    assert ("critic", "hard_generator") in drawn_edges(compiled(config({})))
    edges = drawn_edges(compiled(config({}, critic_retries=0)))
    assert ("critic", "hard_generator") not in edges


def test_methods_that_work_alike_are_drawn_alike_and_no_others() -> None:
    drawings: dict[str, set[str]] = {}
    for name in DRAWN:
        drawings.setdefault(mermaid(config({}, name)), set()).add(name)
    alike = {frozenset(names) for names in drawings.values() if len(names) > 1}
    assert alike == {frozenset({"no_aug", "full_shot"})}


@pytest.mark.parametrize("name", [*WIRINGS, *TRANSLATED, *POOLED, *METHODS_DRAWN, *WITH_PARTS])
def test_a_node_that_spends_is_never_a_join(name: str) -> None:
    """Two givers that can run in the same step would make the edge of a call a guess."""
    edges = drawn_edges(compiled(settings_of(name)))
    together = {"easy_generator", "hard_generator"}
    for node, sources in givers(edges).items():
        if node in ROLES and node not in ("labeler", "translator"):  # Sends carry their source
            assert not together <= {s for s in sources if s not in COLLECTORS} or (
                node == "critic" and "ballot" in sources
            )


@pytest.mark.parametrize("name", [*WIRINGS, *CHANNELS, *TRANSLATED, *POOLED, *METHODS_DRAWN])
def test_the_picture_fits_a_terminal_and_shows_every_node(name: str) -> None:
    drawn = text(settings_of(name))
    lines = drawn.split("\n\n")[0].splitlines()
    assert max(map(len, lines)) <= 80
    nodes = {node for edge in drawn_edges(compiled(settings_of(name))) for node in edge}
    assert {word for line in lines for word in re.findall(r"\[ (\w+) \]", line)} == nodes


def test_every_switch_changes_the_picture() -> None:
    names = [*WIRINGS, *CHANNELS, *POOLED]
    assert len({text(settings_of(name)) for name in names}) == len(names)


def test_the_picture_says_what_is_fed_back() -> None:
    assert "trainer → analyst: right and wrong" in text(config({})).splitlines()
