"""What is to be learnt: the kind of task, its classes, and where the rows are."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from evokd.config.languages import check_tag
from evokd.config.names import check_names, whole
from evokd.config.strict import Strict

TaskKind = Literal["classification", "pair", "choice", "ner", "multi", "multilabel", "reasoning"]
"""One text, one class; two texts, one class (inference); a question with lettered choices; entity
spans in a text; several classes at once, one of each head; any number of classes of one label set;
a question that is reasoned about, its answer a letter or a number (`method: dasd`)."""
POOL_KINDS: frozenset[TaskKind] = frozenset({"classification", "pair", "multi", "multilabel"})
"""Kinds whose rows may come from a pool of unlabelled texts."""
CAUSAL_KINDS: frozenset[TaskKind] = frozenset({"reasoning"})
"""Kinds whose student is a language model; the others have an encoder."""
CALIBRATED_KINDS: frozenset[TaskKind] = frozenset({"classification", "pair", "choice"})
"""Kinds whose student has one distribution over the answers to a text."""
Metric = Literal["macro_f1", "accuracy", "f1", "micro_f1", "hamming"]
METRICS: dict[TaskKind, tuple[Metric, ...]] = {
    "classification": ("macro_f1", "accuracy"),
    "pair": ("macro_f1", "accuracy"),
    "choice": ("accuracy", "macro_f1"),
    "ner": ("f1", "macro_f1", "accuracy"),
    "multi": ("macro_f1", "accuracy"),
    "multilabel": ("macro_f1", "micro_f1", "accuracy", "hamming"),
    "reasoning": ("accuracy", "macro_f1"),
}
"""By kind, the scores there are; the first is the default. `f1` is strict micro F1 of entities. Of
`multilabel`, `accuracy` is the share of rows whose whole set is right, `hamming` the share of right
yes-or-no decisions."""


NamesWritten = dict[str, str | None] | list[str | int | float | dict[str, str | None]]
"""How label names with their descriptions may be written; `_names` makes a mapping of it."""

Value = str | int | float | bool | None
"""A value of the data, as YAML has it."""


def _text_keys(raw: Any) -> Any:
    """Keys of a mapping as text: `0: negative` is what people write."""
    if not isinstance(raw, dict):
        return raw
    if any(isinstance(key, bool) for key in raw):
        raise ValueError('YAML reads yes, no, on, off as booleans; put the names in quotes: "yes"')
    if None in raw:
        raise ValueError('YAML reads null and ~ as nothing; put the name in quotes: "null"')
    found = {str(key): value for key, value in raw.items()}
    if len(found) < len(raw):  # 1 and "1"
        names = [str(key) for key in raw]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands there twice, as text and as a number")
    return found


def _names(raw: Any) -> Any:
    """Label names with their descriptions, out of a mapping or a list."""
    if isinstance(raw, list):
        pairs = _pairs(raw)
        if len({str(name) for name, _ in pairs}) < len(pairs):
            raise ValueError("a label stands there twice")
        raw = dict(pairs)
    raw = _text_keys(raw)
    if isinstance(raw, dict):
        check_names(raw, "label")
        raw = {name: text if text is not None else "" for name, text in raw.items()}
    return raw


def _pairs(items: list[Any]) -> list[tuple[Any, Any]]:
    """Name and description of each item: a name, `{name: description}`, or both under these words.

    `name` and `description` are such words only where every item has a `name`: a label may be
    called so, but not every one.
    """
    spelled = all(
        isinstance(one, dict) and "name" in one and one.keys() <= {"name", "description"}
        for one in items
    )
    pairs: list[tuple[Any, Any]] = []
    for one in items:
        if isinstance(one, dict) and spelled:
            pairs.append((one["name"], one.get("description")))
        elif isinstance(one, dict) and len(one) == 1:
            pairs += one.items()
        else:
            pairs.append((one, ""))
    if any(isinstance(name, (dict, list)) for name, _ in pairs):
        raise ValueError(
            "an item of the list is no label; expected `- a name`, `- a name: its description` or"
            " `- {name: …, description: …}`"
        )
    return pairs


class DataConfig(Strict):
    """Where rows come from: local files (JSONL, CSV, Parquet) or a hub data set."""

    hub: str | None = None
    """`owner/name` on the Hugging Face hub, or a local folder in the same layout."""
    subset: str | None = None
    """The hub data set's configuration name, where it has several."""
    train: str = "train"
    """A file; with `hub`, the name of a split."""
    dev: str | None = None
    """Rows for early stopping and `feedback.report`, as `train`; null: none."""
    test: str | None = "test"
    """Rows that are scored and never shown to a prompt, as `train`. null: a test set is split off
    the train rows, as it is where no file is named. Left out with `hub`, it is the split `test`."""
    pool: str | None = None
    """Real texts without labels, as `train`, for `method: pool` and `loop.pool_share`; null: none.
    A column of labels is never read, and rows that equal a test or dev row are left out."""
    test_share: float = Field(0.2, gt=0, lt=1)
    """Without a `test`: the share of each class's different texts in train that is split off."""
    split_seed: int = Field(1, ge=0)
    """Without a `test`: which rows are split off. Not the `seed` of the run: a study over seeds has
    one test set."""
    text: str = "text"
    """Column that holds the text."""
    label: str = "label"
    """Column that holds the label; of `kind: multilabel` a list of labels, in a file of text a JSON
    list."""
    separator: str | None = Field(None, min_length=1)
    """`kind: multilabel`: what stands between the labels where the column holds one text, such as
    `late|refund`; null: it holds lists."""
    label_columns: bool = False
    """`kind: multilabel`: each label has a column of its own, of its name (or that which
    `label_map` has for it), with 1 or 0; `label` is not read."""
    premise: str = "premise"
    """`kind: pair`: column of the first text."""
    hypothesis: str = "hypothesis"
    """`kind: pair`: column of the second text."""
    question: str = "question"
    """`kind: choice`, `reasoning`: column of the question."""
    choices: str = "choices"
    """`kind: choice`, `reasoning`: column with letter → text; also `{label: [...], text: [...]}` of
    the hub."""
    answer: str = "answer"
    """`kind: choice`, `reasoning`: column with the letter of the right choice, or the number."""
    tokens: str = "tokens"
    """`kind: ner`: column with the words, a list."""
    tags: str = "ner_tags"
    """`kind: ner`: column with as many BIO2 tags, names or the hub's numbers."""
    label_map: dict[str, str] = Field({})
    """Value in the data → name in `task.labels`; values not listed are taken as they are. A whole
    number is one value however it is written (1, 1.0), and spaces around a value don't count."""
    no_label: tuple[str, ...] = ()
    """Values in the data that stand for "no label", such as `[-1]`; `[null]` is an empty field as
    well. Rows with one are left out of every split, and counted."""

    @model_validator(mode="before")
    @classmethod
    def _no_test(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and "test" not in raw and raw.get("hub") is None:
            return raw | {"test": None}
        return raw

    @model_validator(mode="after")
    def _split(self) -> Self:
        for name in ("test_share", "split_seed"):
            given, default = getattr(self, name), type(self).model_fields[name].default
            if self.test is not None and given != default:
                raise ValueError(f"`{name}` is for tasks without a test set; `test: null` is one")
        return self

    @field_validator("label_map", mode="before")
    @classmethod
    def _values(cls, raw: Any) -> Any:
        return _text_keys(raw)

    @field_validator("no_label", mode="before", json_schema_input_type=Value | list[Value] | None)
    @classmethod
    def _texts(cls, raw: Any) -> Any:
        items = raw if isinstance(raw, (list, tuple)) else [] if raw is None else [raw]
        if any(isinstance(one, (dict, list)) for one in items):
            raise ValueError("expected a list of values of the data, such as [-1]")
        return tuple("" if one is None else whole(str(one)) for one in items)


class HeadConfig(Strict):
    """One of several label sets of the same text (`kind: multi`)."""

    labels: dict[str, str] = Field(min_length=2)
    """Label name → one-line description."""
    column: str | None = None
    """Column that holds the label; None: the head's own name."""
    label_map: dict[str, str] = Field({})
    """Value in the data → name in `labels`; values not listed are taken as they are."""

    @field_validator("labels", mode="before", json_schema_input_type=NamesWritten)
    @classmethod
    def _labels(cls, raw: Any) -> Any:
        return _names(raw)

    @field_validator("label_map", mode="before")
    @classmethod
    def _values(cls, raw: Any) -> Any:
        return _text_keys(raw)


class TaskConfig(Strict):
    """What is to be learnt."""

    kind: TaskKind = "classification"
    """What a row and its label are."""
    language_name: str | None = Field(None, min_length=1, max_length=80)
    """What the prompts call the language of the texts, in their own language; None: the usual
    name. Also for what a tag can't say: `Swiss German`, `français des années trente`."""
    language: str = "en"
    """Language of the texts (BCP 47), named in the prompts."""
    domain: str = "text"
    """Noun for one text in prompts: product review, news headline."""
    labels: dict[str, str] = Field({}, validate_default=True)
    """Label name (`ner`: entity type) → one-line description, as the prompts and the student know
    them. `choice` has letters, `multi` has `heads` instead."""
    heads: dict[str, HeadConfig] = Field({}, validate_default=True)
    """`kind: multi`: name of a head → its labels."""
    introduce: dict[int, tuple[str, ...]] = Field({})
    """Round → labels that are known from that round on; all others are from the start."""
    choices: int | None = Field(None, ge=2, le=26, validate_default=True)
    """`kind: choice`: most choices of a row, and what writers are asked for; None: found in the
    data."""
    answers: Literal["letter", "number"] = "letter"
    """`kind: reasoning`: the letter of a choice, or a number (no choices then)."""
    data: DataConfig
    shots: int = Field(1, ge=1)
    """Seed texts per class (`ner`: per entity type; `multi`: per label of each head; `multilabel`:
    per label, and as many without any label, where train has them; `choice`: per letter)."""
    metric: Metric = "macro_f1"
    """The score that early stopping and the tables lead with; by default the kind's first."""

    @field_validator("language")
    @classmethod
    def _language(cls, tag: str, info: ValidationInfo) -> str:
        check_tag(tag, named=info.data.get("language_name") is not None)
        return tag

    @field_validator("labels", mode="before", json_schema_input_type=NamesWritten)
    @classmethod
    def _labels(cls, raw: Any) -> Any:
        return _names(raw)

    @model_validator(mode="before")
    @classmethod
    def _leading(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and raw.get("metric") is None:
            kind = raw.get("kind", "classification")
            return raw | {"metric": METRICS.get(kind, ("macro_f1",))[0]}
        return raw

    @field_validator("labels")
    @classmethod
    def _enough(cls, labels: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        kind = info.data.get("kind", "classification")
        least = {"choice": 0, "multi": 0, "reasoning": 0, "ner": 1}.get(kind, 2)
        if len(labels) < least:
            raise ValueError(f"kind {kind} needs at least {least}, found {len(labels)}")
        if labels and not least:
            raise ValueError(f"kind {kind} takes none")
        return labels

    @field_validator("heads")
    @classmethod
    def _several(cls, heads: dict[str, HeadConfig], info: ValidationInfo) -> dict[str, HeadConfig]:
        multi = info.data.get("kind") == "multi"
        if multi and len(heads) < 2:
            raise ValueError("expected two or more; one label set is `kind: classification`")
        if heads and not multi:
            raise ValueError("several label sets of a text need `kind: multi`")
        check_names(heads, "head")
        return heads

    @field_validator("choices")
    @classmethod
    def _lettered(cls, choices: int | None, info: ValidationInfo) -> int | None:
        if choices is not None and info.data.get("kind") != "choice":
            raise ValueError("only for `kind: choice`")
        return choices

    @model_validator(mode="after")
    def _sets(self) -> Self:
        given = [
            *["separator"] * (self.data.separator is not None),
            *["label_columns"] * self.data.label_columns,
        ]
        if given and self.kind != "multilabel":
            raise ValueError(f"data.{given[0]}: only for `kind: multilabel`")
        return self

    @field_validator("introduce")
    @classmethod
    def _later(
        cls, introduce: dict[int, tuple[str, ...]], info: ValidationInfo
    ) -> dict[int, tuple[str, ...]]:
        if introduce and info.data.get("kind", "classification") != "classification":
            raise ValueError("only for `kind: classification`")
        labels, seen = info.data.get("labels", {}), set()
        for number, names in introduce.items():
            if number < 1 or not names:
                raise ValueError("expected round (from 1) → one or more labels")
            for name in names:
                if name not in labels:
                    raise ValueError(f"round {number}: {name!r} is not in task.labels")
                if name in seen:
                    raise ValueError(f"round {number}: {name!r} is introduced twice")
                seen.add(name)
        if seen and len(labels) - len(seen) < 2:
            raise ValueError("at least two labels must be known from the start")
        return dict(sorted(introduce.items()))

    @field_validator("metric")
    @classmethod
    def _known(cls, metric: Metric, info: ValidationInfo) -> Metric:
        kind: TaskKind = info.data.get("kind", "classification")
        if metric not in METRICS[kind]:
            raise ValueError(f"kind {kind} has {', '.join(METRICS[kind])}; not {metric}")
        return metric

    @model_validator(mode="after")
    def _pooled(self) -> Self:
        pool = self.data.pool
        if pool is None:
            return self
        if self.kind not in POOL_KINDS:
            raise ValueError(
                f"data.pool: only for `kind` {', '.join(sorted(POOL_KINDS))}, not {self.kind}"
            )
        for split in ("test", "dev"):
            if pool == getattr(self.data, split):
                raise ValueError(
                    f"data.pool: {pool} is `data.{split}` too, whose rows are never trained on;"
                    " name another file (that of train will do)"
                )
        return self

    @model_validator(mode="after")
    def _labelled(self) -> Self:
        heads = self.heads.values()
        known = {
            name: None for labels in (self.labels, *(h.labels for h in heads)) for name in labels
        }
        for label_map in (self.data.label_map, *(head.label_map for head in heads)):
            known |= dict.fromkeys(label_map)
        both = [name for name in known if whole(name) in self.data.no_label]
        if both:
            raise ValueError(
                f"data.no_label: {both[0]!r} is a label, or a value of a label_map, too"
            )
        return self
