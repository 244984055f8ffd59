from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from evokd.augment import entity_eda as eda
from evokd.tasks.example import Example
from evokd.tasks.spans import EntitySpan, decode, encode, surfaces
from tests.tasks.test_spans import texts_with_spans

TEXT = "Yesterday Jack Ruby, a quick man, drove from Dallas to the old town of New York ."
NAMES = [("Jack Ruby", "Peop"), ("Dallas", "Loc"), ("New York", "Loc")]
SPANS = [EntitySpan(TEXT.index(s), TEXT.index(s) + len(s), t) for s, t in NAMES]
LABEL = encode(TEXT, SPANS)


class Fake:
    """Every word has a synonym, of two words."""

    def of(self, word: str) -> tuple[str, ...]:
        return (f"like {word}",)


def variants(seed: int, **options: object) -> list[tuple[str, str]]:
    pool = eda.entity_pool([Example("a", TEXT, LABEL)])
    settings = {"variants": 10, "alpha": 0.3, "pool": pool} | options
    return eda.augment(TEXT, LABEL, rng=Random(seed), synonyms=Fake(), **settings)  # type: ignore[arg-type]


def test_no_edit_touches_an_entity() -> None:
    known = {"Peop": {"Jack Ruby"}, "Loc": {"Dallas", "New York"}}
    for seed in range(30):
        made = variants(seed)
        assert len(made) == 10
        for text, label in made:
            assert [name for _, name in surfaces(label)] == ["Peop", "Loc", "Loc"]
            for span, (surface, name) in zip(decode(label), surfaces(label), strict=True):
                assert text[span.start : span.end] == surface
                assert surface in known[name]


def test_only_entities_of_the_same_type_are_exchanged() -> None:
    units = eda.take_apart(TEXT, SPANS)
    pool = {"Loc": ["Rome"], "Peop": ["Jack Ruby"]}
    for seed in range(10):
        made = eda.put_together(eda.exchange(units, Random(seed), pool))
        assert ("Rome", "Loc") in surfaces(made[1])
        assert ("Jack Ruby", "Peop") in surfaces(made[1])


def test_case_and_punctuation_stay() -> None:
    text, _ = eda.put_together(eda.synonyms_for(eda.take_apart(TEXT, SPANS), 99, Random(1), Fake()))
    assert text.startswith(
        "Like yesterday Jack Ruby, a like quick like man, like drove from Dallas"
    )


def test_a_deletion_leaves_entities_and_punctuation() -> None:
    text, label = eda.put_together(eda.delete(eda.take_apart(TEXT, SPANS), 1.0, Random(1)))
    assert text == "Jack Ruby,, Dallas New York ."
    assert surfaces(label) == NAMES


def test_a_text_of_nothing_but_an_entity_can_only_be_exchanged() -> None:
    label = encode("Dallas", [EntitySpan(0, 6, "Loc")])
    options: dict[str, object] = {"variants": 3, "alpha": 0.1, "rng": Random(1), "synonyms": Fake()}
    assert eda.augment("Dallas", label, pool={}, **options) == []  # type: ignore[arg-type]
    made = eda.augment("Dallas", label, pool={"Loc": ["Rome"]}, **options)  # type: ignore[arg-type]
    assert made == [("Rome", '[[0,4,"Loc","Rome"]]')] * 3


@given(texts_with_spans())
def test_taken_apart_and_put_together_a_text_is_the_same(
    made: tuple[str, list[EntitySpan]],
) -> None:
    text, spans = made
    units = eda.take_apart(text, spans)
    first = text.index(units[0].surface) if units else len(text)
    again, label = eda.put_together(units)
    assert text[first:].startswith(again)
    moved = [EntitySpan(s.start - first, s.end - first, s.type) for s in spans]
    assert decode(label) == moved


@given(st.integers(0, 1000))
def test_the_same_seed_gives_the_same_versions(seed: int) -> None:
    assert variants(seed) == variants(seed)
