"""Named entities: text → the entities in it, as a canonical string (`evokd.tasks.spans`)."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evokd.config import ConfigError, DataConfig, TaskConfig, TaskKind
from evokd.tasks.alignment import align
from evokd.tasks.differences import Difference, differences
from evokd.tasks.entity_scores import entity_report, entity_scores
from evokd.tasks.example import Example
from evokd.tasks.formats.task_format import OneTextTask, label_of, shown
from evokd.tasks.metrics import ClassScores
from evokd.tasks.spans import EntitySpan, decode, encode, joined, surfaces, words
from evokd.tasks.words import ELLIPSIS

_TAG = re.compile(r"([BI])-(.+)", re.DOTALL)
_SPACELESS = {"zh", "yue", "wuu", "lzh", "ja", "th", "lo", "km", "my", "bo", "dz"}
"""Languages that are written without spaces between words."""


class NerTask(OneTextTask):
    """Text → entity spans. The tokens of a data row, joined, are the text."""

    kind: TaskKind = "ner"
    contrast = False

    def __init__(self, config: TaskConfig) -> None:
        self.labels = tuple(config.labels)
        self.data = config.data
        self.spaced = re.split("[-_]", config.language.lower())[0] not in _SPACELESS
        for name in self.labels:
            if name != name.strip() or name.strip("-") != name:
                raise ConfigError(
                    f"task.labels: an entity type must not begin or end with a hyphen or a space,"
                    f" got {name!r}"
                )

    def columns(self, data: DataConfig) -> Mapping[str, str]:
        return {"tokens": data.tokens, "tags": data.tags}

    def read(self, row: Mapping[str, Any], origin: str) -> tuple[str, str]:
        tokens = _tokens(row["tokens"], f"{origin}: {self.data.tokens}")
        types = self._types(row["tags"], tokens, f"{origin}: {self.data.tags}")
        text, places = joined(tokens, spaced=self.spaced)
        spans: list[EntitySpan] = []
        for (start, end), (prefix, name) in zip(places, types, strict=True):
            if prefix == "B":
                spans.append(EntitySpan(start, end, name))
            elif prefix == "I":
                spans[-1] = spans[-1]._replace(end=end)
        try:
            return text, encode(text, spans)
        except ValueError as error:
            raise ConfigError(f"{origin}: {self.data.tags}: {error}") from None

    def classes(self, label: str) -> tuple[str, ...]:
        named = {name for _, name in surfaces(label)}
        return tuple(name for name in self.labels if name in named)

    def words(self, label: str) -> str:
        """`Jack Ruby (Peop); Dallas (Loc)`."""
        return "; ".join(f"{surface} ({name})" for surface, name in surfaces(label)) or NOTHING

    def begun(self, text: str, label: str, most: int) -> tuple[str, str]:
        """With the entities that are whole in the beginning."""
        if len(text) <= most:
            return text, label
        shown = self.beginning(text, most)
        end = len(shown.removesuffix(ELLIPSIS))
        return shown, encode(text, [span for span in decode(label) if span.end <= end])

    def listed(self, label: str) -> str:
        """`[{"text": "Jack Ruby", "type": "Peop"}]`."""
        named = [{"text": surface, "type": name} for surface, name in surfaces(label)]
        return json.dumps(named, ensure_ascii=False)

    def marked(self, text: str, label: str) -> str:
        """`[Jack Ruby](Peop) left`."""
        for span in reversed(decode(label)):
            mark = f"[{text[span.start : span.end]}]({span.type})"
            text = f"{text[: span.start]}{mark}{text[span.end :]}"
        return text

    def carried(self, label: str, text: str) -> str:
        """Every entity must be in the new text, word for word."""
        return encode(text, align(text, surfaces(label)))

    def paired(self, label: str, predicted: str) -> tuple[tuple[str | None, str | None], ...]:
        """Entities of the same extent; one that is cut wrongly is missed, and another invented."""
        right = {(span.start, span.end): span.type for span in decode(label)}
        said = {(span.start, span.end): span.type for span in decode(predicted)}
        return tuple((right.get(place), said.get(place)) for place in sorted({*right, *said}))

    @property
    def by_parts(self) -> Callable[[Sequence[str]], str | None]:
        return self.majority

    def majority(self, answers: Sequence[str]) -> str | None:
        """The answer with most votes; of tied ones, the entities that most voters name.

        Three voters that each miss another entity outvote one another's slips, while as whole
        answers they are tied. An entity that exactly half of them name is a tie, too: None.
        """
        votes = Counter(answers).most_common(2)
        if not votes or len(votes) == 1 or votes[0][1] > votes[1][1]:
            return votes[0][0] if votes else None
        named = Counter(tuple(entity) for answer in answers for entity in json.loads(answer))
        if any(2 * count == len(answers) for count in named.values()):
            return None
        kept = sorted(entity for entity, count in named.items() if 2 * count > len(answers))
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    def differences(self, text: str, label: str, predicted: str) -> tuple[Difference, ...]:
        return differences(text, decode(label), decode(predicted))

    def other(self, text: str, label: str, rng: random.Random) -> str:
        """One entity dropped, mistyped or cut; without one, some word as an entity."""
        spans = decode(label)
        if not spans:
            start, end = rng.choice(words(text) or [(0, len(text))])
            return encode(text, [EntitySpan(start, end, rng.choice(self.labels))])
        chosen = rng.randrange(len(spans))
        span, rest = spans[chosen], spans[:chosen] + spans[chosen + 1 :]
        made = [rest]
        made += [[*rest, span._replace(type=name)] for name in self.labels if name != span.type]
        inner = [word for word in words(text) if span.start <= word[0] and word[1] <= span.end]
        if len(inner) > 1:
            made += [[*rest, span._replace(end=inner[-2][1])]] * len(self.labels)
        return encode(text, rng.choice(made))

    def scores(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, float]:
        return entity_scores(rows, predicted)

    def report(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, ClassScores]:
        return entity_report(rows, predicted, self.labels)

    def _types(self, value: Any, tokens: Sequence[str], origin: str) -> list[tuple[str, str]]:
        """Prefix and type of each token; both empty outside of entities."""
        if not isinstance(value, list):
            raise ConfigError(f"{origin}: expected a list of BIO2 tags, found {shown(value)}")
        if len(value) != len(tokens):
            raise ConfigError(
                f"{origin}: {len(value)} tags for {len(tokens)} tokens; expected one a token"
            )
        found: list[tuple[str, str]] = []
        before = ""
        for number, (tag, token) in enumerate(zip(value, tokens, strict=True), 1):
            where = f"{origin}: tag {number} (of {token!r})"
            prefix, name = self._tag(tag, where)
            if prefix == "I" and name != before:
                raise ConfigError(
                    f"{where}: I- opens an entity, but BIO2 opens each with B-; found {tag!r} after"
                    f" {value[number - 2] if number > 1 else 'nothing'!r}"
                )
            found.append((prefix, name))
            before = name
        return found

    def _tag(self, tag: Any, origin: str) -> tuple[str, str]:
        if tag == "O":
            return "", ""
        parts = _TAG.fullmatch(tag) if isinstance(tag, str) else None
        if parts is None:
            numbers = " (numbers need a hub data set, which names them)"
            raise ConfigError(
                f"{origin}: expected O, B-<type> or I-<type>, found {shown(tag)}"
                f"{numbers if isinstance(tag, int) else ''}"
            )
        return parts[1], label_of(parts[2], origin, self.labels, self.data.label_map)


NOTHING = "no entity"
"""How a text without entities is shown."""


def _tokens(value: Any, origin: str) -> list[str]:
    if not isinstance(value, list):
        raise ConfigError(f"{origin}: expected a list of words, found {shown(value)}")
    if not value:
        raise ConfigError(f"{origin}: expected a list of words, found an empty one")
    for number, token in enumerate(value, 1):
        where = f"{origin}: token {number}"
        if not isinstance(token, str) or not token:
            raise ConfigError(f"{where}: expected a word, found {shown(token)}")
        if any(character.isspace() for character in token):
            raise ConfigError(f"{where}: expected one word, found white space in {token!r}")
        if any("\ud800" <= character <= "\udfff" for character in token):
            raise ConfigError(f"{where}: expected text, found half a character (a lone surrogate)")
    return value
