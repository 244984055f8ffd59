"""Replies that could have come: usable ones of the expected length, and their share of others.

What is expected stands in a pack's pack.yaml (`expected:`), as measured with the models it was made
for. Shares are kept exactly and without chance: of `0.25` it is every fourth that falls out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evokd.config import ROLES
from evokd.tasks.formats.multi import split
from evokd.tasks.statements import conclude
from evokd.tasks.task import Task
from evokd.teacher.reply import Reply, TokenLogprob
from evokd.teacher.request import Request
from evokd.teacher.scripted_attributes import PROPOSER, asked_for, sizes_of
from evokd.teacher.scripted_reasons import REASONERS, opening, reasoned
from graph.dry_run.material import Material
from prompts.pack import Pack

JUDGED = ("easy_generator", "hard_generator")
"""Whose texts a critic sees."""
VALUE = 3
"""Tokens of a proposed value, beside its number."""
SURE = -0.2
"""Log-probability of the label that a vote goes to."""
PERCENT = 90
"""What a labeler that is asked how sure it is says."""


class Shares:
    """Every n-th of something, by name."""

    def __init__(self) -> None:
        self._due: Counter[str] = Counter()

    def falls(self, name: str, share: float) -> bool:
        """Whether this one is among the share."""
        self._due[name] += share  # type: ignore[assignment]
        if self._due[name] < 1 - 1e-9:
            return False
        self._due[name] -= 1
        return True


class Replies:
    """Answers requests of all roles but the reasoners', whose replies are the scripted ones."""

    def __init__(self, task: Task, material: Material, pack: Pack, longer: float = 1.0) -> None:
        """Args.

        task: Its labels.
        material: Texts to write.
        expected: What the pack says of its models.
        longer: How many times as long texts, analyses and reasons are.
        """
        self._task, self._material, self._expected = task, material, pack.manifest.expected
        self._rules = pack.manifest.critic.kind == "rules"
        self._longer = longer
        self._shares = Shares()
        self._latest: dict[str | None, str] = {}
        """Label → the text last written for it."""

    def reply(self, request: Request) -> tuple[Reply, bool]:
        """A reply without usage, and whether it is one that its agent can use."""
        usable = not self._shares.falls(
            request.role, self._expected.unusable.get(ROLES[request.role].style, 0.0)
        )
        if request.role in REASONERS:
            return reasoned(request, 0), True
        if request.path:
            return self._path(request), usable
        if request.top_logprobs:
            return self._vote(request) if usable else Reply("", "stop", None), usable
        text = self._text(request)
        return Reply(text, "stop", None), usable

    def _vote(self, request: Request) -> Reply:
        label = self._material.label_in("\n".join(m.content for m in request.prompt.messages))
        labels, choices = list(self._task.labels), request.choices
        if self._task.task_format.kind == "multilabel":  # a call a label, yes or no
            name = request.call_key.partition("/")[2]
            return self._said_of(choices, name not in self._task.task_format.classes(label))
        at = labels.index(label) if label in labels and len(labels) == len(choices) else 0
        return self._said_of(choices, at)

    def _said_of(self, choices: Sequence[str], at: int) -> Reply:
        """The choice at a place, as a token that its model is sure of."""
        rest = -3.0 - len(choices)
        top = tuple((name, SURE if i == at else rest) for i, name in enumerate(choices))
        return Reply(choices[at], "stop", None, (TokenLogprob(choices[at], SURE, top[:20]),))

    def _path(self, request: Request) -> Reply:
        """Of several: its first token, or a reason before the answer."""
        if request.max_tokens == 1:
            first = opening(request)
            return Reply(first.token, "length", None, (first,))
        text = self._text(request)
        if request.role == "labeler":
            said = "\n".join(m.content for m in request.prompt.messages)
            label = self._material.label_in(said)
            named = label if label in request.choices else request.choices[0]
            text = f"{self._said(self._expected.thought)} {conclude(named)}"
        return Reply(text, "stop", None, (TokenLogprob(text, SURE, ((text, SURE), ("", -3.0))),))

    def _text(self, request: Request) -> str:
        if request.role == PROPOSER:
            return self._proposal(request)
        if request.role == "analyst":
            return self._analysis(as_json=request.schema is not None)
        if request.schema is None:
            return self._line(request)
        parts = request.schema["properties"]
        if "texts" in parts:
            found = parts["texts"]
            texts = [self._item(found["items"], request) for _ in range(found["minItems"])]
            return _dumps({"texts": texts})
        said = request.prompt.messages[-1].content
        return _dumps(
            {key: self._numbered(request, key, part, said) for key, part in parts.items()}
        )

    def _numbered(self, request: Request, key: str, part: Mapping[str, Any], said: str) -> Any:
        """What a labeler, a critic or a translator answers about the text with this number."""
        if request.role == "translator":
            return self._write(None)
        if part.get("type") == "integer":  # how sure the labeler is
            return PERCENT
        line = next((one for one in said.splitlines() if one.startswith(f"{key}. ")), said)
        label = self._material.label_in(line)
        if request.role == "critic":
            return {
                "action": self._action(),
                "label": self._answer(part["properties"]["label"], label),
                "reason": self._said(self._expected.reason),
            }
        return self._answer(part, label)

    def _said(self, tokens: int) -> str:
        return self._material.remark(tokens * self._longer)

    def _action(self) -> str:
        if self._shares.falls("sent_back", self._expected.sent_back):
            return "retry"
        return "reject" if self._falls_out() else "accept"

    def _falls_out(self) -> bool:
        return self._shares.falls("rejected", self._expected.rejected)

    def _marked_up(self, text: str) -> str:
        """A text that its writer's node finds to be no row."""
        unclean = f"<p>{text}"
        self._material.written[unclean] = self._material.written[text]
        return unclean

    def _spoilt(self, text: str) -> str:
        """A text that a critic made of rules rejects."""
        spoilt = f"{text}:"
        self._material.written[spoilt] = self._material.written[text]
        return spoilt

    def _proposal(self, request: Request) -> str:
        """Dimensions with values, a class's subtopics, or a yes or no."""
        what = asked_for(request)
        if what == "fits":
            return "no"
        each, dimensions = sizes_of(request)
        values = [f"{self._said(VALUE)} {n}" for n in range(each)]
        if what == "subtopics":
            return _dumps({"values": values}) if request.schema else "\n".join(values)
        names = [f"{self._said(1)} {n}" for n in range(dimensions)]
        if request.schema is None:
            return "\n".join(f"{name}: {'; '.join(values)}" for name in names)
        return _dumps({"dimensions": [{"name": name, "values": values} for name in names]})

    def _analysis(self, *, as_json: bool) -> str:
        tokens = self._expected.analysis
        if not as_json:
            return self._said(tokens)
        third = [self._said(tokens // 3) for _ in range(3)]
        found = [{"pattern": one, "examples": [at]} for at, one in enumerate(third[:2], 1)]
        return _dumps({"weaknesses": found, "summary": third[2]})

    def _line(self, request: Request) -> str:
        """A writer's or translator's line; with marks where writers annotate."""
        if request.role == "labeler":
            return request.choices[0]
        if request.lines:
            texts = [self._text_for(request) for _ in range(request.lines)]
            return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
        text = self._text_for(request)
        if self._rules and request.role in JUDGED and not _unclean(text) and self._falls_out():
            return self._spoilt(text)
        if request.role == "writer":
            return self._task.task_format.marked(text, self._material.written[text])
        return text

    def _item(self, schema: Mapping[str, Any], request: Request) -> Any:
        """A text of a JSON reply, with its label where it has one there."""
        parts = schema.get("properties", {})
        text = self._text_for(request)
        if "label" not in parts:
            return _parted(schema, text)
        label = self._answer(parts["label"], self._material.written[text])
        return {"text": _parted(parts["text"], text), "label": label}

    def _text_for(self, request: Request) -> str:
        """A new text, for the class that is asked for; of a paraphraser, its seed row's again."""
        if request.role == "paraphraser":
            return self._material.again("\n".join(m.content for m in request.prompt.messages))
        text = self._write(request.choices[0] if len(request.choices) == 1 else None)
        if request.role in JUDGED and self._shares.falls("unclean", self._expected.unclean):
            return self._marked_up(text)
        return text

    def _write(self, label: str | None) -> str:
        known = label if label in self._material.answers else None
        if known in self._latest and self._shares.falls("repeated", self._expected.repeated):
            return self._latest[known]
        text = self._material.write(known, self._expected.text, self._longer)
        self._latest[known] = text
        return text

    def _answer(self, schema: Mapping[str, Any], label: str) -> Any:
        """A label as this schema has it."""
        if "enum" in schema:
            return label if label in schema["enum"] else schema["enum"][0]
        if schema.get("type") == "array":
            return json.loads(self._task.task_format.listed(label) or "[]")
        return split(label)


def _unclean(text: str) -> bool:
    return text.startswith("<p>")


def _parted(schema: Mapping[str, Any], text: str) -> Any:
    """A text as a JSON reply has it: whole, a pair, or a question with its choices."""
    parts = schema.get("properties", {})
    first, *rest = text.split("\n")
    if "premise" in parts:
        return {"premise": first, "hypothesis": rest[0]}
    if "question" in parts:
        return {"question": first, "choices": [line.partition(". ")[2] for line in rest]}
    return text


def _dumps(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)
