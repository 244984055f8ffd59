from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.augment import synonyms
from evokd.augment.synonyms import FILES, PARTS, WordNet, load_synonyms, verify
from evokd.config import ConfigError


@pytest.fixture(scope="module")
def wordnet() -> WordNet:
    return load_synonyms()


def folder() -> Path:
    spec = importlib.util.find_spec(synonyms.PACKAGE)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / synonyms.FOLDER


@pytest.mark.parametrize(
    ("word", "some"),
    [
        ("kettle", {"boiler", "timpani", "kettle hole"}),
        ("tip", {"gratuity", "lean"}),
        ("big", {"large", "grown"}),
        ("quickly", {"rapidly", "speedily"}),
        ("wolves", {"wolf", "beast"}),  # by the list of exceptions
        ("ran", {"run", "flow"}),
        ("boxes", {"box", "loge"}),  # by rule
        ("happier", {"happy", "glad"}),
        ("is", {"be", "exist"}),
        ("x", {"ten", "decade"}),
    ],
)
def test_known_words(wordnet: WordNet, word: str, some: set[str]) -> None:
    found = wordnet.of(word)
    assert some <= set(found)
    assert word not in found and len(set(found)) == len(found)


@pytest.mark.parametrize("word", ["xyzzy", "", "the", "licensee,", "zzz"])
def test_words_without_synonyms(wordnet: WordNet, word: str) -> None:
    assert wordnet.of(word) == ()


@given(st.text("abcdefghijklmnopqrstuvwxyz", max_size=6))
def test_whatever_is_asked(word: str) -> None:
    found = load_synonyms().of(word)
    assert list(found) == sorted(set(found))
    assert all(one and set(one) <= set("abcdefghijklmnopqrstuvwxyz ") for one in found)
    assert found == load_synonyms().of(word)


@pytest.mark.parametrize("part", PARTS)
def test_every_sense_is_found(wordnet: WordNet, part: str) -> None:
    """The binary search against the file itself, first and last lines among them."""
    lines = (folder() / f"index.{part}").read_text(encoding="ascii").splitlines()
    entries = [line.split() for line in lines if not line.startswith(" ")]
    for fields in [*entries[:50], *entries[50:-50:97], *entries[-50:]]:
        senses = wordnet._senses(fields[0], part)
        assert senses == fields[-int(fields[2]) :]
        for sense in senses:
            members = {word.lower() for word in wordnet._members(sense, part)}
            assert fields[0] in members


def test_other_files_are_refused(tmp_path: Path) -> None:
    copy = tmp_path / "wordnet"
    shutil.copytree(folder(), copy)
    verify(copy)
    (copy / "data.adv").write_bytes((copy / "data.adv").read_bytes()[:-1])
    with pytest.raises(ConfigError, match=r"data\.adv is not the file it should be .*pip install"):
        verify(copy)
    (copy / "data.adv").unlink()
    with pytest.raises(ConfigError, match=r"data\.adv is missing; run `make setup`"):
        verify(copy)
    assert len(FILES) == 12


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synonyms, "PACKAGE", "no_such_package")
    with pytest.raises(ConfigError, match=r"method eda: .* not installed; run `make setup`"):
        load_synonyms.__wrapped__()
