"""The card beside exported rows: the hub reads it, and no name in it is mark-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import yaml
from huggingface_hub import DatasetCard as HubCard
from hypothesis import given
from hypothesis import strategies as st

from evokd.store.dataset_card import DatasetCard, render_dataset_card

CARD = DatasetCard(
    name="reviews-1shot",
    run="20260101-abc",
    method="progen",
    kind="pair",
    language="fr",
    domain="product review",
    labels={"negative": "the buyer is unhappy"},
    rows={"negative": 40, "other": 1_200},
    teachers=[("writer", "a")],
    versions={"torch": "2"},
)
NASTY = "</td><script>x</script>\n---\n# h: [y](javascript:z) `rm` \x00\u2028 " + "long " * 40


def front_matter(text: str) -> dict[str, Any]:
    start, meta = text.split("\n---\n", 1)[0].split("\n", 1)
    assert start == "---"
    loaded: dict[str, Any] = yaml.safe_load(meta)
    return loaded


def test_the_hub_reads_it() -> None:
    data = HubCard(render_dataset_card(CARD), ignore_metadata_errors=False).data
    assert yaml.safe_load(data.to_yaml()) == {
        "language": ["fr"],
        "license": "other",
        "license_name": "terms-of-the-teachers",
        "size_categories": ["1K<n<10K"],
        "task_categories": ["text-classification"],
        "pretty_name": "reviews-1shot",
        "tags": ["evokd", "synthetic", "knowledge-distillation", "progen"],
        "configs": [
            {"config_name": "default", "data_files": [{"split": "train", "path": "data/*.parquet"}]}
        ],
    }


@pytest.mark.parametrize(
    ("real", "said", "tagged"),
    [
        (0, "No row is real", True),
        (40, "40 of them are real texts out of a pool", True),
        (1_240, "1,240 of them are real texts out of a pool", False),
    ],
)
def test_real_texts_are_called_real(real: int, said: str, tagged: bool) -> None:
    text = render_dataset_card(replace(CARD, real=real))
    assert said in text and ("that language models wrote" in text) == (real == 0)
    assert ("synthetic" in front_matter(text)["tags"]) == tagged
    assert ("The other texts were written" in text) == (0 < real < 1_240)


@pytest.mark.parametrize(("edited", "wrote"), [(40, True), (1_240, False)])
def test_edits_of_seed_texts_are_called_so(edited: int, wrote: bool) -> None:
    text = render_dataset_card(replace(CARD, edited=edited))
    assert f"{edited:,} of them are edits of real seed texts" in text and "No row is" not in text
    assert ("that language models wrote" in text) == wrote


@pytest.mark.parametrize(
    "filled",
    [
        lambda word: replace(CARD, name=word, run=word, method=word),
        lambda word: replace(CARD, language=word, domain=word),
        lambda word: replace(CARD, labels={word: word}, rows={word: 1}),
        lambda word: replace(CARD, teachers=[(word, word)], versions={word: word}),
    ],
)
def test_nothing_breaks_out(filled: Callable[[str], DatasetCard]) -> None:
    text, harmless = render_dataset_card(filled(NASTY)), render_dataset_card(filled("word"))
    assert front_matter(text).keys() == front_matter(harmless).keys()
    body = text.split("\n---\n", 1)[1]
    for raw in ("<script", "<td", "[y](", "\x00", "\u2028", " `rm`"):
        assert raw not in body
    assert len(text.splitlines()) == len(harmless.splitlines())


@given(st.text(st.sampled_from("-: \n\r\u2028\x85#'\"{[&*!|>%@`\\ab"), max_size=200))
def test_a_name_is_one_value(name: str) -> None:
    text = render_dataset_card(replace(CARD, name=name))
    assert front_matter(text)["pretty_name"] == " ".join(name.split())
