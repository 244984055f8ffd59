import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.text import SHINGLE, NearDuplicates, normalise

WORDS = st.text(alphabet="abcde 。你好吗", min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Great!  ", "great"),
        ("don't   BUY", "dontbuy"),
        ("Ｇｒｅａｔ！", "great"),
        ("Straße", "strasse"),
        ("ﬁne", "fine"),
        ("宝马6系，也能降到94.20万？", "宝马6系也能降到9420万"),
        ("zero\u200bwidth\u00ad", "zerowidth"),
        ("line\r\nbreak\ttab", "linebreaktab"),
        ("👍🏽 ok", "👍🏽ok"),
        ("?! ?!", "?!?!"),
        ("...", "..."),
        ("", ""),
        (" \n", ""),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text(max_size=60))
def test_normalise_settles_at_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(alphabet=string.ascii_letters, min_size=1), st.sampled_from(list("，。!?-「」 \t")))
def test_normalise_ignores_case_and_punctuation(text: str, mark: str) -> None:
    assert normalise(f"{mark}{text.upper()}{mark}") == normalise(text.lower())


def test_seen_finds_equal_texts_first() -> None:
    seen = NearDuplicates(["It works!", "Nope."])
    assert seen.twin("IT WORKS") == "It works!"
    assert seen.twin("nope") == "Nope."
    assert seen.twin("Something else") is None
    assert len(seen) == 2


def test_seen_keeps_the_first_of_equal_texts() -> None:
    seen = NearDuplicates(["It works!"])
    seen.add("it works")
    assert len(seen) == 1
    assert seen.twin("it works") == "It works!"


@pytest.mark.parametrize(
    ("old", "new", "twins"),
    [
        (
            "Why am I being charged for transferring money?",
            "Why am I being charged a fee for transferring money?",
            True,
        ),
        ("I love this phone!", "Love this phone.", True),
        ("The battery lasts two days.", "The battery lasts ten minutes.", False),
        (
            "据此，本院依照婚姻法第三十二条之规定判决如下",
            "故依照婚姻法第三十二条之规定判决如下",
            True,
        ),
        ("宝马6系也能降到94万？", "奔驰E级还能再降价吗？", False),
        ("ok", "no", False),
        ("好", "坏", False),
    ],
)
def test_near_duplicates(old: str, new: str, twins: bool) -> None:
    threshold = 0.7 if "依照" in old else 0.8
    assert NearDuplicates([old], threshold).twin(new) == (old if twins else None)


def test_the_most_similar_twin_wins_then_the_earliest() -> None:
    base = "the quick brown fox jumps over the lazy dog near the river"
    seen = NearDuplicates([base + " bank today", base + " bank", base + " bend"])
    assert seen.twin(base + " bank x") == base + " bank"
    tie = NearDuplicates([base + "q", base + "w"])
    assert tie.twin(base) == base + "q"


@pytest.mark.parametrize("threshold", [0, -0.1, 1.1])
def test_threshold_is_checked(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        NearDuplicates(threshold=threshold)


def _jaccard(one: str, two: str) -> float:
    sets = []
    for text in (normalise(one), normalise(two)):
        pieces = {text[i : i + SHINGLE] for i in range(len(text) - SHINGLE + 1)}
        sets.append(pieces if len(text) > SHINGLE else {text})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@given(st.lists(WORDS, max_size=12), WORDS, st.sampled_from([0.2, 0.5, 0.8, 1.0]))
def test_the_index_agrees_with_comparing_all(
    texts: list[str], query: str, threshold: float
) -> None:
    twin = NearDuplicates(texts, threshold).twin(query)
    best = max((_jaccard(text, query) for text in texts), default=0.0)
    if best >= threshold:
        assert twin is not None
        assert _jaccard(twin, query) == best
    else:
        assert twin is None


@given(WORDS)
def test_a_text_is_its_own_twin(text: str) -> None:
    assert NearDuplicates([text]).twin(text) == text


def test_five_thousand_texts_are_quick() -> None:
    rng = random.Random(1)
    words = ["".join(rng.choices(string.ascii_lowercase, k=5)) for _ in range(800)]
    texts = [" ".join(rng.choices(words, k=14)) for _ in range(5_000)]
    seen = NearDuplicates()
    started = time.process_time()
    for text in texts:
        assert seen.twin(text) is None
        seen.add(text)
    # About 2 s on the reference machine; comparing all pairs takes minutes.
    assert time.process_time() - started < 20
