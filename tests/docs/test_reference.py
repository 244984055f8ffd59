"""The reference is what the code says; its schemas take what evokd takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evokd.cli.commands import app
from evokd.cli.reference import pages
from evokd.cli.schema import run_schema, study_schema
from evokd.config import parse_yaml
from tests.docs.json_schema import faults

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
RUNS = sorted((ROOT / "examples").glob("*.yaml"))
STUDIES = sorted((ROOT / "examples" / "studies").glob("*.yaml"))


MADE = pages()


@pytest.mark.parametrize("name", MADE)
def test_a_page_is_fresh(name: str) -> None:
    committed = (REFERENCE / name).read_text(encoding="utf-8")
    assert committed == MADE[name], "run `make reference`"


@pytest.mark.parametrize("path", RUNS + STUDIES, ids=lambda path: path.stem)
def test_an_example_names_its_schema_and_holds_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    mark, _, target = text.splitlines()[0].partition("$schema=")
    assert mark == "# yaml-language-server: "
    schema = json.loads((path.parent / target).read_text(encoding="utf-8"))
    assert not list(faults(schema, schema, json.loads(json.dumps(parse_yaml(text)))))


@pytest.mark.parametrize("schema", [run_schema(), study_schema()], ids=["run", "study"])
def test_every_key_has_its_meaning(schema: Any) -> None:
    sections = {"": schema, **schema["$defs"]}
    bare = [
        f"{where}.{name}"
        for where, section in sections.items()
        for name, value in section.get("properties", {}).items()
        if "description" not in value and "$ref" not in value
    ]
    assert not bare, "a docstring under the field is missing"


TASK = {
    "labels": {"a": "", "b": ""},
    "data": {"train": "a.csv"},
}


@pytest.mark.parametrize(
    "config",
    [
        {"task": TASK, "budgte": {}},
        {"task": {**TASK, "kind": "clasification"}},
        {"task": TASK, "budget": {"tokens": 0}},
        {"task": TASK, "rivals": {"eda": {"alpha": 2}}},
        {"task": TASK, "methods": {"planted": {"feild": "x"}}},
        {"task": TASK, "teachers": {"labeler": [{"modle": "x"}]}},
        {},
    ],
)
def test_the_schema_refuses_what_evokd_refuses(config: Any) -> None:
    schema = run_schema()
    assert list(faults(schema, schema, config))


@pytest.mark.parametrize(
    "config",
    [
        {"task": {**TASK, "labels": ["a", {"b": "described"}]}},
        {"task": {**TASK, "labels": {"a": None, "b": None}}},
        {"task": {**TASK, "data": {"no_label": -1}}},
        {"task": TASK, "teachers": {"default": {"scripted": True}}},
        {"task": TASK, "dasd": {"stage1": {"questions": 4}}},
        {"task": TASK, "rivals": {"loss_ranked_factor": 2}},
    ],
)
def test_the_schema_takes_short_forms(config: Any) -> None:
    schema = run_schema()
    assert not list(faults(schema, schema, config))


@pytest.mark.parametrize(("options", "page"), [([], "config"), (["--study"], "study")])
def test_the_command_prints_it(options: list[str], page: str) -> None:
    result = CliRunner().invoke(app, ["schema", *options])
    assert result.exit_code == 0
    assert result.output == (REFERENCE / f"{page}.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["own_method.py", "own_role.py", "own_role_pack/pack.yaml"])
def test_a_page_shows_an_example_as_it_is(name: str) -> None:
    page = (ROOT / "docs" / "how-to" / "method.md").read_text(encoding="utf-8")
    assert f"\n{(ROOT / 'examples' / name).read_text(encoding='utf-8')}```\n" in page
