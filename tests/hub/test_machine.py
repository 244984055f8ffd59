"""What names a machine is found in a config and gone from a text, however it is written."""

from __future__ import annotations

import json
from pathlib import Path

from evokd.hub.machine import names_here, without
from evokd.runs.data_card import licences
from evokd.store.markdown import md

CONFIG = {
    "name": "/s means sarcasm",
    "task": {
        "labels": {"a": "either/or", "b": "~ about"},
        "data": {"train": "/srv/ada_l/my_rows.csv", "hub": "owner/name"},
    },
    "teachers": {
        "default": [{"base_url": "http://10.0.0.7:8000/v1", "model": "/srv/ada_l/m.gguf"}]
    },
    "student": {"model": "C:\\Users\\Ada\\base"},
}


def test_paths_and_servers_are_found_and_words_are_not() -> None:
    found = names_here(CONFIG, Path("/srv/ada_l/runs/one"))
    assert found.pop(str(Path.home()), "~") == "~"
    assert found == {
        "/srv/ada_l/my_rows.csv": "my_rows.csv",
        "/srv/ada_l/m.gguf": "m.gguf",
        "http://10.0.0.7:8000/v1": "[server]",
        "C:\\Users\\Ada\\base": "base",
        "/srv/ada_l/runs/one": "one",
    }


def test_a_text_loses_them_in_every_form() -> None:
    found = names_here(CONFIG)
    for form in (str, md, json.dumps):
        text = " and ".join(form(name) for name in found)
        bare = without(found, text)
        for part in ("ada", "Ada", "10.0.0.7", "srv"):
            assert part not in bare, bare


def test_a_longer_name_goes_before_one_that_begins_it() -> None:
    assert without({"/a/b": "b", "/a/b/c": "c"}, "/a/b/c /a/b") == "c b"


def test_licences_are_those_of_the_catalogue() -> None:
    assert licences(["smollm2-135m", "gpt-4o-mini", "qwen2.5-coder-1.5b"]) == {
        "smollm2-135m": "Apache-2.0",
        "qwen2.5-coder-1.5b": "Apache-2.0",
    }
