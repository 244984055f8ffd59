"""Written in one language, translated, labelled in the other: books, lineage, drawing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.runs.lineage import Lineage
from evokd.store.event_log import read_events
from evokd.store.events import Called, Drafted
from evokd.store.run_dir import RunDir, read_lines
from graph.core.wiring import drawn_edges, givers
from graph.draw import compiled
from graph.session import check, start
from tests.graph.test_loop import SCRIPTED, booked_edges
from tests.servers.brain import Brain
from tests.servers.fake_chat import FakeChat
from tests.servers.runs import LABELS, settings

FRENCH = ("task.language=fr", "loop.written_in=en")


def run(shared: Path, out: Path, *overrides: str) -> RunDir:
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, *FRENCH, *overrides)
    assert start(config, out).status == "done"
    return RunDir.open(out)


def asked(directory: RunDir, agent: str) -> list[str]:
    return [
        "\n".join(text for _, text in event.messages)
        for event in read_events(directory.events, type="called")
        if isinstance(event, Called) and event.agent == agent
    ]


@pytest.mark.parametrize("pack", ["evokd", "small"])
@pytest.mark.parametrize("language", ["en", "fr", "zh"])
def test_drafts_are_translated_before_they_are_labelled(
    shared: Path, tmp_path: Path, pack: str, language: str
) -> None:
    extra = [f"prompts.pack={pack}", f"prompts.language={language}", "loop.rounds=1"]
    directory = run(shared, tmp_path / "run", *extra)
    assert {("hard_generator", "translator"), ("easy_generator", "translator")} <= booked_edges(
        directory
    )
    assert ("translator", "labeler") in booked_edges(directory)
    assert not {edge for edge in booked_edges(directory) if edge[1] == "labeler"} - {
        ("translator", "labeler")
    }
    rows = read_lines(directory.synthetic)
    assert rows
    for row in rows:
        assert row["text"] == f"Translated: {row['original']}"


def test_writers_are_asked_for_the_one_language_and_all_others_speak_of_the_other(
    shared: Path, tmp_path: Path
) -> None:
    directory = run(shared, tmp_path / "run")
    for role in ("easy_generator", "hard_generator"):
        assert asked(directory, role)
        assert all("texts in English" in text for text in asked(directory, role))
    assert all("from English into French" in text for text in asked(directory, "translator"))
    for role in ("labeler", "critic", "analyst"):
        assert all("(French)" in text for text in asked(directory, role))
    for text in asked(directory, "labeler"):
        numbered = [line for line in text.splitlines() if line[:1].isdigit()]
        assert numbered and all('"Translated: ' in line for line in numbered)


def test_the_translator_never_sees_a_class(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "prompts.pack=small", "loop.rounds=1")
    for text in asked(directory, "translator"):
        assert re.fullmatch(r'\nTranslate into French: "[^"]*"', text)


def test_lineage_keeps_the_original_and_both_calls(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "loop.rounds=1")
    calls = {
        event.call: event.agent
        for event in read_events(directory.events, type="called")
        if isinstance(event, Called)
    }
    for row in read_lines(directory.synthetic):
        assert [calls[call] for call in row["calls"]] == [
            f"{row['kind']}_generator",
            "translator",
            "labeler",
        ]
        first, second = [
            event
            for event in read_events(directory.events, row=row["row"])
            if isinstance(event, Drafted)
        ]
        assert (first.node, first.text) == (f"{row['kind']}_generator", row["original"])
        assert (second.node, second.text, second.original) == (
            "translator",
            row["text"],
            row["original"],
        )
        assert second.written_by == first.call == row["calls"][0]


def test_the_way_back_from_a_row_leads_through_the_translator(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "loop.rounds=1")
    row = read_lines(directory.synthetic)[0]
    with Lineage(directory) as lineage:
        back = lineage.back(row["row"])
    assert back is not None
    asked_in_turn = [exchange.calls[-1].agent for exchange in back.exchanges]
    assert asked_in_turn[:4] == ["analyst", f"{row['kind']}_generator", "translator", "labeler"]
    assert back.row.text == row["text"]


@pytest.mark.parametrize(
    "off", ["separate_labels", "critic", "analysis", "easy", "review", "correct"]
)
def test_every_switch_works_beside_it(shared: Path, tmp_path: Path, off: str) -> None:
    directory = run(shared, tmp_path / "run", f"loop.switches.{off}=false")
    config = directory.config()
    known = givers(drawn_edges(compiled(config)))
    for source, target in booked_edges(directory):
        assert source in known[target], f"{source} → {target} is no edge of this graph"
    rows = read_lines(directory.synthetic)
    assert rows and all(row["original"] for row in rows)
    if off == "separate_labels":
        assert ("translator", "critic") in booked_edges(directory)
        assert all(row["label"] == row["intended_label"] for row in rows if row["agreement"] == 1)


@pytest.mark.parametrize(
    "method", ["static", "evokd_shuffled", "loss_ranked", "evokd_init", "evokd_oracle"]
)
def test_the_controls_are_translated_too(shared: Path, tmp_path: Path, method: str) -> None:
    directory = run(shared, tmp_path / "run", f"method={method}", "loop.rounds=1")
    rows = [row for row in read_lines(directory.synthetic) if row["round"] == 1]
    assert rows and all(row["original"] for row in rows)


def test_a_text_without_a_translation_is_rejected_with_the_reason(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import evokd.teacher.scripted as scripted

    honest = scripted.translation

    def forgetful(text: str, schema: object) -> str:
        replies = json.loads(honest(text, schema))  # type: ignore[arg-type]
        return json.dumps({**replies, "1": "…"})

    monkeypatch.setattr(scripted, "translation", forgetful)
    directory = run(shared, tmp_path / "run", "loop.rounds=1")
    folder = directory.path / "rounds" / "001"
    lost = [r for r in read_lines(folder / "rejected.jsonl") if r["reason"].startswith("untrans")]
    assert lost and {row["reason"] for row in lost} == {"untranslated: the text has no words"}
    labelled = "\n".join(asked(directory, "labeler"))
    assert all(row["text"] not in labelled for row in lost)
    drafts = {row["row"] for row in read_lines(folder / "drafts.jsonl")}
    accepted = {row["draft"]["row"] for row in read_lines(folder / "accepted.jsonl")}
    rejected = {row["row"] for row in read_lines(folder / "rejected.jsonl")}
    assert accepted | rejected == drafts and not accepted & rejected


@pytest.mark.usefixtures("quick")
def test_what_the_critic_sends_back_is_shown_as_it_was_written(
    shared: Path, tmp_path: Path
) -> None:
    class Harsh(Brain):
        def completion(self, payload: object) -> dict[str, object]:
            body = super().completion(payload)  # type: ignore[arg-type]
            message = body["choices"][0]["message"]
            for action in ("accept", "relabel", "reject"):
                message["content"] = message["content"].replace(f'"{action}"', '"retry"')
            return body

    with FakeChat(Harsh(LABELS)) as server:
        config = settings(shared, server.url, *FRENCH, "loop.rounds=1")
        assert start(config, tmp_path / "run").status == "done"
    directory = RunDir.open(tmp_path / "run")
    again = [text for text in asked(directory, "hard_generator") if "turned down" in text]
    assert again and not any("Translated: " in text.split("turned down")[1] for text in again)
    waves = booked_edges(directory)
    assert ("critic", "hard_generator") in waves
    drafts = read_lines(directory.path / "rounds" / "001" / "drafts.jsonl")
    retried = [row for row in drafts if row["row"].endswith("-retry1")]
    assert retried and all(row["original"] for row in retried)


def test_the_drawing_shows_the_translator(shared: Path) -> None:
    config = settings(shared, "http://127.0.0.1:1", *FRENCH)
    edges = drawn_edges(compiled(config))
    assert {("hard_generator", "translator"), ("translator", "labeler")} <= edges


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("loop.written_in=fr", "task.language=fr"), "task.language` itself"),
        (("loop.written_in=klingon",), r"loop\.written_in: expected a language tag"),
        (
            ("loop.written_in=en", "task.language=fr", "method=zerogen"),
            "zerogen has no place for",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    shared: Path, overrides: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        check(settings(shared, "http://127.0.0.1:1", *overrides))
