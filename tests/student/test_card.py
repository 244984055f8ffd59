from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard

from student.card import StudentCard, render_card

CARD = StudentCard(
    name="amazon-1shot",
    base_model="embedded:minilm",
    base_model_hub="sentence-transformers/all-MiniLM-L6-v2",
    method="evokd",
    language="en",
    domain="product review",
    labels={"negative": "the buyer is unhappy", "positive": "the buyer is happy"},
    seed_rows={"negative": 1, "positive": 1},
    generated_rows={"negative": 40, "positive": 38},
    metrics={"test": {"macro_f1": 0.81234, "accuracy": 0.8}},
    teachers={"labeler": ["a", "b"]},
    prompts={"labeler.j2": "ab12"},
    tokens={"billed": 40_000, "training": None},
    config="name: amazon-1shot\n",
)

NASTY = (
    "</td><script>alert(1)</script>\n---\n# x: [y](javascript:z) | `rm` "
    "\x00\x85\u2028 {{a}} *b* \\ '\""
)


def front_matter(text: str) -> dict[str, Any]:
    start, meta, _ = text.split("---\n", 2)
    assert start == ""
    loaded = yaml.safe_load(meta)
    assert isinstance(loaded, dict)
    return loaded


def read(text: str) -> Any:
    """The card as the hub's own library understands it, complaints being errors."""
    return ModelCard(text, ignore_metadata_errors=False).data


def test_says_what_it_knows() -> None:
    text = render_card(CARD)
    for part in ("| negative | 1 | 40 |", "0.8123", "40,000", "| training | unknown |", "ab12"):
        assert part in text
    assert "| labeler | a, b |" in text
    assert "| test | macro\\_f1 | 0.8123 |" in text


def test_the_hub_reads_it() -> None:
    data = read(render_card(CARD))
    assert data["base_model"] == CARD.base_model_hub
    assert data["pipeline_tag"] == "text-classification"
    assert data["language"] == ["en"]
    scores = {result.metric_name: result.metric_value for result in data["eval_results"]}
    assert scores == {"macro_f1": 0.81234, "accuracy": 0.8}


def test_empty_parts_are_left_out() -> None:
    text = render_card(StudentCard("n", "/folder", None, "evokd", "fr", "text", {"a": "", "b": ""}))
    assert "## Labels" in text
    for part in (
        "Scores",
        "Teachers",
        "Tokens",
        "Prompts",
        "Config",
        "Training data",
        "base_model",
    ):
        assert part not in text


@pytest.mark.parametrize(
    "filled",
    [
        lambda word: replace(CARD, name=word),
        lambda word: replace(CARD, method=word, language=word, domain=word),
        lambda word: replace(CARD, base_model=word, base_model_hub=word),
        lambda word: replace(CARD, labels={word: word, "b": ""}, seed_rows={word: 1}),
        lambda word: replace(CARD, metrics={word: {word: 0.5}}),
        lambda word: replace(CARD, teachers={word: [word]}, prompts={word: word}),
        lambda word: replace(CARD, tokens={word: 1}),
    ],
)
def test_nothing_breaks_out(filled: Callable[[str], StudentCard]) -> None:
    text, harmless = render_card(filled(NASTY)), render_card(filled("word"))
    assert front_matter(text).keys() == front_matter(harmless).keys()
    body = text.split("---\n", 2)[2]
    for raw in ("<script", "<td", "[y](", "\x00", "\u2028", " `rm`"):
        assert raw not in body
    assert len(text.splitlines()) == len(harmless.splitlines())
    assert read(text)["library_name"] == "transformers"


def test_the_config_stays_in_its_block() -> None:
    text = render_card(replace(CARD, config="name: '```\n# not a heading'\n````\n"))
    assert text.rstrip().endswith("`````")
    assert "`````yaml\nname: '```" in text


def test_it_shows_how_to_ask_a_student_of_pairs_or_choices() -> None:
    pair = render_card(replace(CARD, kind="pair"))
    assert '"text_pair"' in pair and "premise" in pair
    choice = replace(CARD, kind="choice", labels={"A": "", "B": ""}, seed_rows={"A": 1, "B": 1})
    text = render_card(choice)
    assert "with up to 2 choices" in text and "softmax" in text
    assert read(text)["pipeline_tag"] == "multiple-choice"
    for card in (pair, text):
        code = card.split("```python\n")[1].split("```")[0]
        compile(code, "card", "exec")


@pytest.mark.parametrize(
    ("kind", "tag", "said"),
    [
        ("ner", "token-classification", "Finds entities of 2 types"),
        ("multi", "text-classification", "a label of each of several sets, of 2"),
    ],
)
def test_it_shows_how_to_ask_the_other_kinds(kind: Any, tag: str, said: str) -> None:
    text = render_card(replace(CARD, kind=kind))
    assert read(text)["pipeline_tag"] == tag and said in text
    assert {result.task_type for result in read(text)["eval_results"]} == {tag}
    code = text.split("```python\n")[1].split("```")[0]
    compile(code, "card", "exec")
    assert f'pipeline("{tag}"' in code
