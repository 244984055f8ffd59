"""An address that is none is refused in the config, by its key; what it held is not repeated."""

from __future__ import annotations

import pytest

from evokd.config import ConfigError, parse_config

TASK = {"labels": ["a", "b"], "data": {"train": "train.jsonl", "test": "test.jsonl"}}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("127.0.0.1:8000/v1", "neither http:// nor https://"),
        ("localhost:8000/v1", "neither http:// nor https://"),
        ("ftp://h/v1", "neither http:// nor https://"),
        ("http:///v1", "names no host"),
        ("http://:8000/v1", "names no host"),
        ("http://h:0/v1", "a port that is none"),
        ("http://h:99999/v1", "a port that is none"),
        ("http://h:port/v1", "a port that is none"),
        ("http://h:-1/v1", "a port that is none"),
        ("http://[::1/v1", "Invalid IPv6 URL"),
        ("http://h/v 1", "holds a space"),
        ("http://h/v1\n", "holds a space"),
        ("http://h/v1#frag", "or a #"),
        ("http://me:hush@h/v1", "must not hold credentials"),
        ("http://h/v1?api_key=hush", r"must not hold a key (api_key=…)"),
        ("http://h/v1?x=1&code-token=hush", r"must not hold a key (code-token=…)"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, said: str) -> None:
    teachers = {"default": {"model": "m", "base_url": url}}
    with pytest.raises(ConfigError) as caught:
        parse_config({"task": TASK, "teachers": teachers})
    assert "teachers.default.0.base_url: " in str(caught.value)
    assert said in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "http://127.0.0.1:8000/v1",
        "https://[::1]:8000/v1/",
        "https://me.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
    ],
)
def test_an_address_that_is_one_stays_as_it_is(url: str) -> None:
    teachers = {"default": {"model": "m", "base_url": url}}
    assert parse_config({"task": TASK, "teachers": teachers}).teachers.default[0].base_url == url
