"""Two calls word by word, over HTTP."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from tests.runs.made_run import Made
from tests.viewer.compared_runs import RUNS, changes, read, say
from tests.viewer.test_web import HOSTILE, Page


def test_two_prompts_word_by_word(client: TestClient, two: tuple[Made, Made]) -> None:
    calls = [("call", two[0].calls[0]), ("call", two[1].calls[0])]
    went, came = changes(client, "/compare/calls", *RUNS, *calls)
    assert went == ["cracked"] and came == ["old ", "held", "And this."]
    said = read(client, "/compare/calls", *RUNS, *calls)
    assert "hash of the template" in said and "only in B" in said
    assert "no difference (words: 5)" in said, "the system message is the same"


def test_a_call_s_counterpart(client: TestClient, two: tuple[Made, Made]) -> None:
    one, other = two
    said = read(client, "/compare/calls", *RUNS, ("call", one.calls[0]))
    assert "the same place of round 1" in said and other.calls[0][:8] in said
    said = read(client, "/compare/calls", ("run", "one"), ("call", one.calls[5]))
    assert "the one before it of its role" in said and one.calls[0][:8] in said
    said = read(client, "/compare/calls", ("run", "one"), ("call", one.calls[0]))
    assert "this is the first of its role" in said
    said = read(client, "/compare/calls", *RUNS, ("role", "labeler"))
    assert one.calls[2][:8] in said and other.calls[2][:8] in said
    last = other.calls[-1]
    said = read(client, "/compare/calls", ("run", "two"), ("run", "one"), ("call", last))
    assert "the first of its role in round 1" in said, "there is no round 3"
    said = read(client, "/compare/calls", *RUNS, ("role", "nobody"))
    assert "has no call of nobody" in said
    assert "Other calls" in read(client, "/compare/calls", ("run", "one"))


def test_a_call_offers_what_to_hold_it_against(client: TestClient, two: tuple[Made, Made]) -> None:
    call = two[0].calls[5]
    page = Page(client.get(f"/call?run=one&call={call}&among=one&among=two").text)
    ways = [link for link in page.links if link.startswith("/compare/calls")]
    assert len(ways) == 3 and "run=one&run=two" in ways[1] and "among=two" in ways[1]
    for way in ways:
        assert client.get(way).status_code == 200
    assert "the same in two" in page.text and "the analyst before" in page.text
    page = Page(client.get(ways[1]).text)
    assert any("/call?run=two" in link and "among=one" in link for link in page.links)


def test_long_prompts_are_folded_and_cut(client: TestClient, two: tuple[Made, Made]) -> None:
    long = " ".join(f"w{n}" for n in range(25_000))
    say(two[0], two[0].calls[0], "s", f"{long} x")
    say(two[1], two[1].calls[0], "s", f"new {long} y")
    calls = [*RUNS, ("call", two[0].calls[0])]
    said = read(client, "/compare/calls", *calls)
    assert "words the same" in said and "w12000" not in said
    assert re.search(
        "Too long to be compared whole: [0-9]{2},[0-9]{3} characters of the first", said
    )
    assert "w12000" in read(client, "/compare/calls", *calls, ("whole", "1"))


def test_an_example_more_moves_no_other_message(client: TestClient, two: tuple[Made, Made]) -> None:
    say(two[0], two[0].calls[0], "s", "shot 1", "t", "shot 3", "u", "ask this")
    say(two[1], two[1].calls[0], "s", "shot 1", "t", "shot 2", "t", "shot 3", "u", "ask that")
    went, came = changes(client, "/compare/calls", *RUNS, ("call", two[0].calls[0]))
    assert went == ["this"] and sorted(came) == ["shot 2", "t", "that"]


def test_hostile_prompts_are_shown_and_do_nothing(
    client: TestClient, two: tuple[Made, Made]
) -> None:
    say(two[0], two[0].calls[0], HOSTILE, "a </pre><ins>b")
    say(two[1], two[1].calls[0], f"{HOSTILE} \u202e", "a \x00 b")
    source = client.get(f"/compare/calls?run=one&run=two&call={two[0].calls[0]}").text
    page = Page(source)
    assert page.tags.count("script") == 1 and "img" not in page.tags and "svg" not in page.tags
    assert not [name for name in page.attributes if name.startswith("on")]
    assert "\u202e" not in source and "\x00" not in source and "⟨RLO⟩" in page.text
    assert "a </pre><ins>b" in page.text.replace("\n", "") or "</pre>" in page.text
