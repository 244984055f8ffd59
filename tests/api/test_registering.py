"""Methods and roles of one's own: by decorator, entry point, plug-in file; examples that run."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import evokd
from evokd.api.plugins import ZeroGen
from evokd.config import Config, load_config, registry
from evokd.config.roles import ROLES, RoleSpec
from evokd.runs.answers import load_student
from graph.methods import METHODS
from tests.cli.tiny_run import lay_out

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test registers is gone after it."""
    registry._installed.cache_clear()
    for table in (METHODS, ROLES):
        monkeypatch.setattr(table, "_found", dict(table._found))
    yield
    registry._installed.cache_clear()
    for name in [name for name in sys.modules if name.startswith("evokd_plugin_")]:
        del sys.modules[name]


def install(monkeypatch: pytest.MonkeyPatch, group: str, **points: str) -> None:
    """Entry points as an installed package would have them."""
    found = [importlib.metadata.EntryPoint(name, to, group) for name, to in points.items()]
    monkeypatch.setattr(
        registry, "entry_points", lambda *, group: [one for one in found if one.group == group]
    )


def mine() -> type[ZeroGen]:
    @evokd.method
    class Mine(ZeroGen):
        name = "mine"

    return Mine


def test_a_method_is_found_and_listed_last() -> None:
    found = mine()
    assert METHODS["mine"] is found and list(METHODS)[-1] == "mine"
    assert METHODS["mine"] is not mine()  # its notebook cell, run again
    assert len([name for name in METHODS if name == "mine"]) == 1


def test_a_taken_name_is_refused() -> None:
    mine()
    with pytest.raises(evokd.ConfigError, match="evokd's own"):

        @evokd.method
        class Ours(ZeroGen):
            name = "zerogen"

    with pytest.raises(evokd.ConfigError, match=r"already that of .*Mine"):

        @evokd.method
        class Another(ZeroGen):
            name = "mine"

    with pytest.raises(evokd.ConfigError, match="expected a `name`"):

        @evokd.method
        class Nameless(ZeroGen):
            pass

    with pytest.raises(evokd.ConfigError, match="evokd's own"):
        evokd.role("critic")
    with pytest.raises(evokd.ConfigError, match="letters, digits"):
        evokd.role("a b")


def test_a_role_can_be_given_a_teacher_and_a_budget() -> None:
    task = {"labels": ["a", "b"], "data": {"train": "x", "test": "y"}}
    raw = {
        "task": task,
        "teachers": {"rater": {"scripted": True}},
        "budget": {"per_agent": {"rater": {"calls": 3}}},
    }
    from evokd.config import parse_config

    with pytest.raises(evokd.ConfigError, match=r"teachers\.rater: unknown field") as caught:
        parse_config(raw)
    assert "budget.per_agent.rater: no such role" in str(caught.value)
    evokd.role("rater")
    config: Config = parse_config(raw)
    assert config.teachers.of("rater")[0].scripted
    assert config.budget.per_agent["rater"].calls == 3
    assert parse_config(yaml.safe_load(config.to_yaml())) == config


def test_entry_points_are_imported_when_named(monkeypatch: pytest.MonkeyPatch) -> None:
    role = "evokd.config.roles:RoleSpec"
    install(monkeypatch, "evokd.methods", broken="no_such_module:X", wrong=role)
    assert "broken" in METHODS.known and "broken" not in list(METHODS)
    assert METHODS["zerogen"]  # a broken one is nobody else's matter
    with pytest.raises(evokd.ConfigError, match=r"plug-in 'broken' \(evokd.methods: no_such_mod"):
        METHODS["broken"]
    with pytest.raises(evokd.ConfigError, match="expected a method named 'wrong'"):
        METHODS["wrong"]


def test_an_entry_point_gives_a_method_and_a_role(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = (
        "import evokd\nfrom evokd.api.plugins import ZeroGen\nRATER = evokd.role('rater')\n"
        "class Plain(ZeroGen):\n    name = 'plain_one'\n"
    )
    (tmp_path / "plugged_in_test.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    install(monkeypatch, "evokd.methods", plain_one="plugged_in_test:Plain")
    assert METHODS["plain_one"].name == "plain_one"
    install(monkeypatch, "evokd.roles", rater="plugged_in_test:RATER")
    registry._installed.cache_clear()
    assert ROLES["rater"] == RoleSpec("rater", "roles", "a method of your own", optional=True)


def test_a_plugin_that_is_none_is_named(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    for plugin, fault in (("none.py", "FileNotFoundError"), ("no_such_mod", "ModuleNotFound")):
        with pytest.raises(evokd.ConfigError, match=f"plugins: .*{plugin}: .*{fault}"):
            evokd.run(config, set={"plugins": [plugin]})


def test_looking_at_a_run_imports_no_plugin(tmp_path: Path) -> None:
    """A run directory of somebody else's must not run code."""
    config = lay_out(tmp_path)
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    text = config.read_text(encoding="utf-8") + "plugins: [evil.py]\n"
    config.write_text(text.replace("scripted: true}", "scripted: true}, x: {scripted: true}"))
    assert load_config(config).plugins == (str(tmp_path / "evil.py"),)


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples beside a tiny student; the folder."""
    folder = tmp_path_factory.mktemp("examples")
    lay_out(folder)
    for name in ("own_method.py", "own_role.py", "own_role.yaml"):
        shutil.copy(EXAMPLES / name, folder / name)
    shutil.copytree(EXAMPLES / "own_role_pack", folder / "own_role_pack")
    return folder


@pytest.mark.parametrize("name", ["own_method.py", "own_role.py"])
def test_an_example_is_short(name: str) -> None:
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) < 60


def test_the_method_of_the_examples_runs(beside: Path) -> None:
    changes = {"plugins": ["own_method.py"], "method": "weakest", "loop.rounds": 2}
    changes["methods.weakest.classes"] = 1
    run = evokd.run(beside / "tiny.yaml", out=beside / "method", set=changes)
    assert run.config["methods"]["weakest"] == {"classes": 1}
    wanted = {(row["round"], row["intended_label"]) for row in run.to_dicts("rows")}
    assert {number for number, _ in wanted} == {1, 2}
    assert len(wanted) == 2  # one class a round
    with pytest.raises(evokd.ConfigError, match=r"methods\.weakest\.classes"):
        evokd.run(beside / "tiny.yaml", set=changes | {"methods.weakest.classes": 0})


def test_the_role_of_the_examples_runs(beside: Path) -> None:
    raw = yaml.safe_load((beside / "tiny.yaml").read_text(encoding="utf-8"))
    changes = {name: raw[name] for name in ("task", "teachers", "student", "loop")}
    run = evokd.run(beside / "own_role.yaml", out=beside / "role", set=changes)
    edges = {(one["source"], one["target"]): one["calls"] for one in run.to_dicts("edges")}
    assert edges["writer", "judge"] == 2  # the ballot passes on who wrote
    judges = {row["judge"] for row in run.to_dicts("rows") if row["verdict"] == "reject"}
    kept = [row for row in run.to_dicts("rows") if row["verdict"] == "accept"]
    assert judges <= {"judge", "ballot"} and "judge" in judges and kept
    assert "judge" in str(run.graph)
    assert load_student(run.directory)


def test_a_study_gives_its_plugins_to_its_workers(beside: Path) -> None:
    base = yaml.safe_load((beside / "tiny.yaml").read_text(encoding="utf-8"))
    base["task"]["data"] = {k: str(beside / v) for k, v in base["task"]["data"].items()}
    base["student"]["model"] = str(beside / "base")
    study = evokd.study(
        {
            "name": "own",
            "kind": "few_shot",
            "plugins": [str(beside / "own_method.py")],
            "config": base,
            "grid": {"method": ["zerogen", "weakest"], "seed": [1], "budget": [600]},
        },
        out=beside / "study",
    )
    assert [row["reason"] for row in study.failed] == []
    assert list(study.results["method"]) == ["zerogen", "weakest"]
    assert set(study.curves["method"]) == {"zerogen", "weakest"}
    assert "weakest" in study.table and "weakest" in study._repr_html_()
    assert {run.status for run in study.runs.values()} == {"done"}
    assert json.loads((study.directory / "cells.jsonl").read_text("utf-8").splitlines()[1])
