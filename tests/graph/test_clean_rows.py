"""Texts that are no rows end in their writer's node: no labeler is paid, everybody is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.cli.summary import show_summary
from evokd.runs.run import read_run
from evokd.runs.unclean import UncleanTexts, read_unclean
from evokd.store.event_log import read_events
from evokd.store.events import Called, Drafted, Judged, Voted
from evokd.store.run_dir import RunDir, read_lines
from graph.session import start
from tests.servers.brain import Brain, Payload, role_of
from tests.servers.fake_chat import FakeChat
from tests.servers.runs import LABELS, settings

WRITERS = ("easy_generator", "hard_generator")
META = "The model frequently misclassifies such texts"
HOW = "speaks of the task or the model"


class Chatty(Brain):
    """Of two texts the first is wrapped with a label of its own, the second is talk."""

    wrong: tuple[str, ...] = WRITERS
    label = "positive"

    def completion(self, payload: Payload) -> dict[str, Any]:
        body = super().completion(payload)
        message = body["choices"][0]["message"]
        if role_of(payload) in self.wrong:
            texts = json.loads(message["content"])["texts"]
            spoilt = [self.wrapped(texts[0]), *(f"{META} as {text}" for text in texts[1:])]
            message["content"] = json.dumps({"texts": spoilt})
        return body

    def wrapped(self, text: str) -> Any:
        return json.dumps({"text": text, "label": self.label})


class Talk(Chatty):
    """Nothing but talk."""

    def wrapped(self, text: str) -> Any:
        return f"{META} as {text}"


class Retrying(Talk):
    """Talk in the second wave alone; the critic sends everything back."""

    def completion(self, payload: Payload) -> dict[str, Any]:
        again = "turned down" in str(payload["messages"])
        body = super().completion(payload) if again else Brain.completion(self, payload)
        message = body["choices"][0]["message"]
        if role_of(payload) == "critic":
            for action in ("accept", "relabel", "reject"):
                message["content"] = message["content"].replace(f'"{action}"', '"retry"')
        return body


def run(shared: Path, out: Path, brain: Brain, *overrides: str, expected: str = "done") -> RunDir:
    with FakeChat(brain) as server:
        config = settings(shared, server.url, "loop.rounds=1", *overrides)
        assert start(config, out).status == expected
    return RunDir.open(out)


def told(directory: RunDir, kind: str) -> list[Any]:
    return list(read_events(directory.events, type=kind))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("translated", [(), ("task.language=fr", "loop.written_in=en")])
def test_no_labeler_is_paid_for_them(
    shared: Path, tmp_path: Path, translated: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    directory = run(shared, tmp_path / "run", Chatty(LABELS, accepting=True), *translated)
    folder = directory.path / "rounds" / "001"
    rejected = [row for row in read_lines(folder / "rejected.jsonl") if row["unclean"]]
    assert len(rejected) == 4 and {row["reason"] for row in rejected} == {HOW}
    calls = {event.call: event for event in told(directory, "called") if isinstance(event, Called)}
    assert all(calls[row["written_by"]].agent == f"{row['kind']}_generator" for row in rejected)
    for agent in ("labeler", "critic", "translator"):
        asked = [event.messages for event in calls.values() if event.agent == agent]
        assert META not in str(asked) and '\\"label\\": \\"' not in str(asked)
    bad = {row["row"] for row in rejected}
    assert not bad & {event.row for event in told(directory, "voted") if isinstance(event, Voted)}
    verdicts = [e for e in told(directory, "judged") if isinstance(e, Judged) and e.row in bad]
    assert [(e.by, e.action, e.reason) for e in verdicts] == [("writer", "reject", HOW)] * 4
    drafted = [e for e in told(directory, "drafted") if isinstance(e, Drafted)]
    assert bad <= {event.row for event in drafted}
    line = read_lines(directory.metrics)[-1]
    assert line["accepted"] + line["rejected"] == len({event.row for event in drafted}) == 8
    assert read_unclean(read_run(directory.path)) == [UncleanTexts(one, 4, 2) for one in WRITERS]
    show_summary(directory.path, "done", "all rounds")
    shown = capsys.readouterr().out
    assert HOW in shown and "50%" in shown and "unclean" in shown


@pytest.mark.usefixtures("quick")
def test_a_label_that_nobody_asked_for_is_not_believed(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", Chatty(LABELS, accepting=True))
    drafts = read_lines(directory.path / "rounds" / "001" / "drafts.jsonl")
    clean = [row for row in drafts if not row["unclean"]]
    assert clean and all(row["intended_label"] is None for row in clean)
    assert not any(row["text"].startswith("{") for row in clean)


@pytest.mark.usefixtures("quick")
def test_a_round_of_talk_alone_ends_in_order(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", Talk(LABELS))
    assert [line["rejected"] for line in read_lines(directory.metrics)] == [0, 8]
    agents = {event.agent for event in told(directory, "called") if isinstance(event, Called)}
    assert agents == {"analyst", *WRITERS}


@pytest.mark.usefixtures("quick")
def test_rewritings_may_be_talk(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", Retrying(LABELS))
    rejected = read_lines(directory.path / "rounds" / "001" / "rejected.jsonl")
    again = [row for row in rejected if row["row"].endswith("-retry1")]
    assert again and all(row["unclean"] for row in again)
    assert read_lines(directory.metrics)[-1]["rejected"] == len(rejected)


@pytest.mark.usefixtures("quick")
def test_a_writer_that_labels_is_held_to_the_same(shared: Path, tmp_path: Path) -> None:
    class Labelling(Brain):
        def completion(self, payload: Payload) -> dict[str, Any]:
            body = super().completion(payload)
            message = body["choices"][0]["message"]
            if role_of(payload) in WRITERS:
                texts = json.loads(message["content"])["texts"]
                texts[0]["text"] = f"{META}: {texts[0]['text']}"
                message["content"] = json.dumps({"texts": texts})
            return body

    brain = Labelling(LABELS, accepting=True)
    directory = run(shared, tmp_path / "run", brain, "loop.switches.separate_labels=false")
    found = read_unclean(read_run(directory.path))
    assert [(one.writer, one.unclean) for one in found] == [(one, 2) for one in WRITERS]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("method", "role"), [("zerogen", "writer"), ("auggpt", "paraphraser")])
def test_rivals_are_held_to_the_same(shared: Path, tmp_path: Path, method: str, role: str) -> None:
    class Rival(Chatty):
        wrong = (role,)

    overrides = (f"method={method}", "budget.tokens=3000")
    directory = run(shared, tmp_path / "run", Rival(LABELS), *overrides)
    (found,) = read_unclean(read_run(directory.path))
    assert found.writer == role and 0 < found.share < 1
    synthetic = read_lines(directory.synthetic)
    assert (
        synthetic and META not in str(synthetic) and "{" not in str([r["text"] for r in synthetic])
    )
