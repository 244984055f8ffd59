"""Two rounds of a run, or of two runs, over HTTP."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests.viewer.compared_runs import RUNS, read


def test_two_rounds_of_a_run(client: TestClient) -> None:
    said = read(client, "/compare/rounds", ("run", "two"), ("round", "1"), ("round", "3"))
    assert "test macro-F1 after it 0.600 0.800" in said
    assert "rejected because 1 × duplicate 1 × duplicate" in said
    assert "Great phone." in said and "Loud." in said
    assert "labeler 30 30 0" in said and "all 75 75 0" in said
    assert "The two prompts, word by word" in said
    said = read(client, "/compare/rounds", ("run", "two"), ("fate", "accepted"))
    assert "round 2 round 3" in said, "the last two by default"
    assert "accepted (1 and 1)" in said and "Loud." in said and "Dim." not in said
    said = read(client, "/compare/rounds", ("run", "two"), ("round", "0"), ("round", "1"))
    assert "No analysis in this round." in said


def test_a_round_of_each_of_two_runs(client: TestClient) -> None:
    said = read(client, "/compare/rounds", *RUNS)
    assert "A, round 2" in said and "B, round 2" in said, "the last that both have"
    said = read(client, "/compare/rounds", *RUNS, ("round", "1"), ("round", "1"))
    assert "Texts of B, round 1 that stand in A, round 1 as well: 2" in said
    source = client.get("/compare/rounds?run=one&run=two&round=1&round=1").text
    assert 'rel="next">both one later' in source and 'rel="prev">both one earlier' in source
    source = client.get("/compare/rounds?run=one&run=two&round=2&round=3").text
    assert 'rel="next"' not in source
