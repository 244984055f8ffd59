"""The rivals' writers: texts of a class that is told to them, and paraphrases of a seed text.

ZeroGen, SunGen and ProGen write for a class (with examples or without), LLM2LLM writes more like a
seed row, AugGPT says a seed row in other words. The label is that of the order: nobody checks it.
Of a pair or a question with choices the paraphraser gets the part that may be said in other words
alone (`Form.cut`), and what comes back takes its place. Of a sentence with entities the paraphrase
must keep them word for word; and who writes such sentences names their entities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agents.clean.cleaner import Cleaner
from agents.endpoint_rotation import whose_turn
from agents.fitting import fitted
from agents.formats.classes import ClassFormat
from agents.gather_usable import gather_completions
from agents.records import Draft
from agents.task_view import TaskView
from agents.texts import Written, read_annotated, read_lines, read_texts, texts_schema
from evokd.tasks.formats import TaskFormat
from evokd.teacher.client import Asked, LLMClient
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from prompts.pack import GUIDED_WRITER, ORDER, Pack

WritingRole = Literal["writer", "paraphraser"]


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """One call: texts of one class."""

    label: str
    n: int
    examples: tuple[str, ...] = ()
    """Texts of the class to write like (ProGen, LLM2LLM), or the one to say in other words."""
    parents: tuple[str, ...] = ()
    """Ids of the rows behind the examples, or of the student errors behind the analysis."""
    attributes: tuple[tuple[str, str], ...] = ()
    """Dimension and value that each text is to have (AttrPrompt)."""
    mistaken: str | None = None
    """The class that each text is to look like at first."""
    analysis: str | None = None
    """Of the student's weakness."""
    style: str | None = None
    """Of a short order: how the texts are to be said; empty where nothing is said of it. None: no
    short order."""

    @property
    def template(self) -> str | None:
        """The template that asks for it; None: the role's own."""
        if self.style is not None:
            return ORDER
        return GUIDED_WRITER if self.guided else None

    @property
    def told(self) -> dict[str, str] | None:
        """What a text's lineage says that it was to have."""
        named = dict(self.attributes)
        if self.style:
            named["style"] = self.style
        if self.style is not None and self.mistaken:
            named["could be taken for"] = self.mistaken
        return named or None

    @property
    def guided(self) -> bool:
        """Whether it says more than a class and examples."""
        return bool(self.attributes or self.mistaken or self.analysis)


async def compose(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    role: WritingRole,
    round_number: int,
    requests: Sequence[WriteRequest],
    completions: int = 1,
) -> Written:
    """All calls side by side; drafts in the order they were asked for, labels as ordered.

    With more `completions`, calls that have one and the same prompt become one request.
    """
    period = len({one.label for one in requests})
    voters = [whose_turn(i, len(client.directives), period) for i in range(len(requests))]
    asked = [
        _asked(client, pack, view, role, i, voter, one)
        for i, (voter, one) in enumerate(zip(voters, requests, strict=True))
    ]
    repair = pack.repair if pack.manifest.generator.reply == "json" else None
    result = await gather_completions(client, asked, repair, completions)
    drafts: list[Draft] = []
    for one, answer in zip(requests, result.values, strict=True):
        cleaner = Cleaner.of(view, analysis=one.analysis, loosely=True, examples=one.examples)
        for text, label, fault in answer.value if answer else ():
            assert answer is not None
            unclean = cleaner.fault(text)
            row = f"r{round_number:03d}-p{len(drafts) + 1:03d}"
            drafts.append(
                Draft(
                    *(row, round_number, "plain", text, label, answer.call, one.parents),
                    fault=unclean or fault,
                    unclean=unclean is not None,
                    attributes=one.told,
                )
            )
    return Written(tuple(drafts), result.failures, result.stopped)


_Piece = tuple[str, str | None, str | None]
"""Text, label, and why there is none."""


def _carried(task_format: TaskFormat, label: str, text: str) -> _Piece:
    try:
        return text, task_format.carried(label, text), None
    except ValueError as reason:
        return text, None, str(reason)


class _Framed(ClassFormat):
    """A written part between what stands before and after it in the text it was cut from."""

    def __init__(self, frame: tuple[str, str, str]) -> None:
        super().__init__(())
        self._before, _, self._after = frame

    def text(self, data: Any) -> str:
        return f"{self._before}{super().text(data)}{self._after}"

    def line(self, reply: Reply) -> str:
        return f"{self._before}{super().line(reply)}{self._after}"


def _asked(
    client: LLMClient,
    pack: Pack,
    view: TaskView,
    role: WritingRole,
    number: int,
    voter: int,
    one: WriteRequest,
) -> Asked[list[_Piece]]:
    style = pack.manifest.generator
    # a paraphraser is told what the seed row's answer is, a writer what to write for
    rewrites = role == "paraphraser"
    target = view.task_format.words(one.label) if rewrites else view.named(one.label)
    frame = view.task_format.cut(one.examples[0]) if rewrites else None
    completion = style.max_tokens * one.n
    template = one.template or role

    def variables(view: TaskView) -> dict[str, Any]:
        some = map(view.text, one.examples) if frame is None else [view.asked(frame[1])]
        guided = {
            "attributes": one.attributes,
            "mistaken": one.mistaken,
            "analysis": one.analysis,
            "style": one.style or "",
        }
        return {
            **view.variables(client.directives[voter]),
            "n": one.n,
            "target": target,
            "examples": tuple(some),
            "turn": number,
            **(guided if one.template else {}),
        }

    as_json = style.reply == "json"
    reply_format = view.reply_format if frame is None else _Framed(frame)
    annotates = role == "writer" and reply_format.annotates
    request = Request(
        role=role,
        call_key=f"text-{number}",
        prompt=fitted(client, pack, view, template, variables, completion, voter),
        voter=voter,
        temperature=style.temperature,
        top_p=style.top_p,
        max_tokens=completion,
        schema=texts_schema(one.n, reply_format, labelled=annotates) if as_json else None,
        stop=style.stop,
        extra=style.extra,
        choices=(target,),
        lines=one.n if style.reply == "lines" else 0,
    )

    def parse(reply: Reply) -> list[_Piece]:
        if annotates:
            if as_json:
                return read_annotated(reply, one.n, reply_format)
            return [(*reply_format.annotated(reply), None)]
        if style.reply == "line":
            return [_carried(view.task_format, one.label, reply_format.line(reply))]
        read = read_texts if as_json else read_lines
        texts = [text for text, _ in read(reply, one.n, reply_format, None)]
        return [_carried(view.task_format, one.label, text) for text in texts]

    return Asked(request, parse)
