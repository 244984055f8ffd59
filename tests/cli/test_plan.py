from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Evokd

PRICED = "teachers.default={model: gpt-4o-mini, price: {prompt: 1, completion: 2}}"


def _plan(evokd: Evokd, config: Path, *sets: str) -> dict[str, Any]:
    options = [part for item in sets for part in ("--set", item)]
    result = evokd("plan", config, "--format", "json", *options)
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def _agents(document: dict[str, Any], which: str = "first_round") -> dict[str, Any]:
    return {row["agent"]: row for row in document[which]["agents"]}


def test_calls_are_those_of_the_run(evokd: Evokd, config: Path, run_dir: Path) -> None:
    plan = _plan(evokd, config)
    books = json.loads(evokd("tokens", run_dir, "--by", "edge", "--format", "json").stdout)
    expected = {(edge["source"], edge["target"]): edge["calls"] for edge in plan["edges"]}
    spent = {(row["source"], row["target"]): row["calls"] for row in books["rows"]}
    for (source, target), calls in spent.items():
        if source != "critic" and calls:  # whether it sends rows back is the model's affair
            assert expected[source, target] == calls, (source, target)
    for row in _agents(plan).values():
        assert row["completion_tokens"] <= row["max_completion_tokens"]


def test_a_long_run_is_not_walked_through_round_by_round(evokd: Evokd, config: Path) -> None:
    short = _plan(evokd, config, "loop.rounds=40", "budget.tokens=null")
    long = _plan(evokd, config, "loop.rounds=4000", "budget.tokens=null")
    assert (short["rounds"], long["rounds"]) == (40, 4000)
    assert long["total"]["calls"] == pytest.approx(100 * short["total"]["calls"], rel=0.02)
    assert long["rows"]["accepted"] == pytest.approx(100 * short["rows"]["accepted"], rel=0.02)


@pytest.mark.parametrize(
    ("switch", "gone"),
    [("separate_labels", "labeler"), ("critic", "critic"), ("analysis", "analyst"),
     ("easy", "easy_generator")],
)  # fmt: skip
def test_switches(evokd: Evokd, config: Path, switch: str, gone: str) -> None:
    assert gone in _agents(_plan(evokd, config))
    assert gone not in _agents(_plan(evokd, config, f"loop.switches.{switch}=false"))


def test_cut_texts_are_said(evokd: Evokd, config: Path, tmp_path: Path) -> None:
    rows = (config.parent / "train.jsonl").read_text(encoding="utf-8").splitlines()
    long = [json.loads(row) for row in rows]
    lines = [json.dumps({**row, "text": f"{row['text']} it is so" * 40}) for row in long]
    (tmp_path / "long.jsonl").write_text("\n".join(lines), encoding="utf-8")
    small = "teachers.analyst={scripted: true, context: 1200}"
    options = (small, f"task.data.train={tmp_path / 'long.jsonl'}")
    (note,) = [one for one in _plan(evokd, config, *options)["notes"] if "cut in prompts" in one]
    assert note.startswith("analyst: long texts are cut in prompts, ")
    assert "teachers.analyst: context (1,200 tokens)" in note
    assert not [one for one in _plan(evokd, config)["notes"] if "cut in prompts" in one]
    shown = evokd("plan", config, *(part for one in options for part in ("--set", one))).stdout
    assert "- analyst: long texts are cut in prompts" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_a_budget_that_ends_in_the_first_round_is_said(evokd: Evokd, config: Path) -> None:
    def said(tokens: int) -> list[str]:
        document = _plan(evokd, config, "loop.rounds=null", f"budget.tokens={tokens}")
        return [one for one in document["notes"] if "ends the run in round 1" in one]

    (note,) = said(1_500)
    assert note.startswith("budget.tokens ends the run in round 1, with ")
    assert not said(20_000)


def test_voters_count(evokd: Evokd, config: Path) -> None:
    one = _agents(_plan(evokd, config))["labeler"]["calls"]
    three = _plan(evokd, config, "teachers.labeler=[{scripted: true}, {model: a}, {model: b}]")
    rows = [row for row in three["first_round"]["agents"] if row["agent"] == "labeler"]
    assert [row["calls"] for row in rows] == [one] * 3


def test_unknown_price_is_never_zero(evokd: Evokd, config: Path) -> None:
    assert _plan(evokd, config)["total"]["usd"] is None
    total = _plan(evokd, config, PRICED)["total"]
    cost = (total["prompt_tokens"] + 2 * total["completion_tokens"]) / 1e6
    assert total["usd"] == pytest.approx(cost)
    assert total["max_usd"] > total["usd"]
    assert "cost: local" in evokd("plan", config).stdout
    remote = "teachers.default={model: m, base_url: https://a.example/v1, api_key_env: PATH}"
    assert "cost: unknown" in evokd("plan", config, "--set", remote).stdout


@pytest.mark.parametrize(
    ("sets", "ends_by"),
    [
        (("loop.rounds=3", "budget.tokens=null"), "loop.rounds"),
        (("loop.rounds=null", "budget.tokens=20000"), "budget.tokens"),
        (("loop.rounds=null", "budget={tokens: null, calls: 20}"), "budget.calls"),
        (("loop.rounds=null", "budget={tokens: null, usd: 0.01}", PRICED), "budget.usd"),
        (("loop.rounds=null", "budget={tokens: null, seconds: 9}"), "budget.seconds"),
        (("loop.rounds=null", "budget.tokens=10"), "budget.tokens"),
        (("loop.rounds=0",), "loop.rounds"),
    ],
)
def test_rounds(evokd: Evokd, config: Path, sets: tuple[str, ...], ends_by: str) -> None:
    document = _plan(evokd, config, *sets)
    assert document["ends_by"] == ends_by
    total, limits = document["total"], document["budget"]
    if total is None:
        assert ends_by == "budget.seconds" and document["rounds"] is None
    else:
        spent = {**total, "tokens": total["prompt_tokens"] + total["completion_tokens"]}
        for name in ("tokens", "calls", "usd"):
            assert limits[name] is None or spent[name] <= limits[name]
        assert sum(edge["calls"] for edge in document["edges"]) == total["calls"]
        few, many = (one["rounds"] for one in document["range"])
        assert min(few, many) <= document["rounds"] <= max(few, many)
    options = [part for item in sets for part in ("--set", item)]
    assert evokd("plan", config, *options).exit_code == 0


def test_table_fits(evokd: Evokd, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a plan opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    models = "teachers.labeler=[{model: a-rather-long-name-of-a-model}, {model: b}]"
    out = evokd("plan", config, "--set", models).stdout
    assert "each later round" in out and "a-rather" in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_graph(evokd: Evokd, config: Path) -> None:
    assert evokd("graph", config).stdout.startswith(("graph TD", "---", "%%"))
    lines = evokd("graph", config, "--format", "ascii", "--set", "loop.switches.critic=false")
    assert "[ START ]" in lines.stdout and "critic" not in lines.stdout
