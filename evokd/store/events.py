"""Trace events: what happened, one small class each, written as it happens.

The viewer, the report and `evokd trace` read nothing else (`evokd.store.event_log`).

Run directories of earlier versions stay readable: an event may be added, and a field that has a
default; nothing is renamed or taken away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from evokd.config import Limit
from evokd.store.clock import now


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str = Field(default_factory=now)
    round: int = 0
    node: str = ""
    call: str | None = None
    row: str | None = None
    """Id of the generated row the event is about."""


class Begun(_Event):
    """A process began to work on the run."""

    type: Literal["begun"] = "begun"
    run: str
    """The run's id."""
    name: str
    method: str
    seed: int
    resumed: bool
    prompts: str = ""
    """The pack of prompts, and why it is that one."""


class Seeded(_Event):
    """A seed shot: what the student learns first."""

    type: Literal["seeded"] = "seeded"
    text: str
    label: str


class Retrieved(_Event):
    """A text of the pool was handed to a writer, to be said anew."""

    type: Literal["retrieved"] = "retrieved"
    text: str
    parents: list[str]
    """The row it was found near to; none where it was drawn."""
    target: str
    """The class, or the answer in words, that it is to be rewritten for."""


class NodeStarted(_Event):
    """A node of the graph began."""

    type: Literal["node_started"] = "node_started"
    source: str
    task: str


WAITS = "waits for a person"
"""`NodeEnded.error` of a node that will run again when it has its answer."""


class NodeEnded(_Event):
    """A node of the graph ended."""

    type: Literal["node_ended"] = "node_ended"
    task: str
    seconds: float
    error: str | None = None


class Called(_Event):
    """One attempt of a call, with all that was said."""

    type: Literal["called"] = "called"
    agent: str
    source: str
    model: str
    slot: str
    attempt: int
    status: str
    template: str
    template_sha: str
    messages: list[tuple[str, str]]
    reply: str | None
    error: str | None
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    task: str = ""
    """Which execution of the node asked; several labelers work side by side."""
    prompt_sha: str = ""
    estimated: bool = False
    """The server reported no usage."""
    usd: float | None = None
    voter: int = 0
    """Position of the endpoint among those of its role, from 0; models may have equal names."""
    directive: str | None = None
    """The endpoint's own instruction."""
    completions: int = 1
    """Asked for with this one request; `reply` holds them all, one after another."""


class Replayed(_Event):
    """A call was answered from the journal after a resume: free. `call` is the one paid for."""

    type: Literal["replayed"] = "replayed"
    agent: str
    source: str
    slot: str
    task: str


class Retried(_Event):
    """A request will be sent again."""

    type: Literal["retried"] = "retried"
    attempt: int
    wait_s: float
    reason: str
    slot: str = ""
    task: str = ""


class Batched(_Event):
    """A batch of requests was made, came on, or ended; each request is a call of its own."""

    type: Literal["batched"] = "batched"
    batch: str
    """The server's id."""
    model: str
    status: str
    requests: int
    done: int
    """Answered so far."""
    failed: int

    @property
    def ended(self) -> bool:
        """Whether the server is done with it, for better or worse."""
        return self.status in ("completed", "failed", "expired", "cancelled")


class Misread(_Event):
    """A reply could not be read as what was asked for; `call` is the attempt that got it."""

    type: Literal["misread"] = "misread"
    agent: str
    slot: str
    task: str
    reason: str
    repair: bool
    """A repair turn follows: the model sees its reply and what was wrong with it."""
    finish: str = ""
    """How the reply ended: `length` where it was cut off."""


class Mended(_Event):
    """A reply that was wrapped, broken or cut off could be read all the same, as far as whole."""

    type: Literal["mended"] = "mended"
    agent: str
    slot: str
    task: str
    how: list[str]
    """`wrapped`, `repaired`, `cut`; one for each completion that needed it."""


class Analysed(_Event):
    """The analyst's weakness analysis, and the rows it saw."""

    type: Literal["analysed"] = "analysed"
    text: str
    right: list[str]
    wrong: list[str]
    cited: list[str] = []
    """The student errors it names; all it saw where it names none."""


class Drafted(_Event):
    """A generator wrote a text, or one was picked from the pool."""

    type: Literal["drafted"] = "drafted"
    text: str
    kind: Literal["easy", "hard", "plain", "pool"]
    """`pool`: a real text that was picked, which nobody wrote."""
    intended_label: str | None
    parents: list[str]
    """The student errors it answers."""
    rewrites: list[str] = []
    """Rows that the critic sent back to the call that wrote this one."""
    original: str | None = None
    """What the writer wrote, where a translator says it in the language of the task."""
    written_by: str | None = None
    """The writer's call, where `call` is the translator's."""


class Doubted(_Event):
    """What is known of a written text was held against the class that it was ordered for."""

    type: Literal["doubted"] = "doubted"
    intended: str
    likeliest: str
    """The class that the evidence is for: labelled rows near the text, the student."""
    gap: float
    """Share of the likeliest other class minus that of the intended one, in [-1, 1]."""
    near: list[str]
    """The labelled rows nearest to it, the nearest first."""
    doubted: bool
    asked: bool
    """A labeler is asked; else the intention stands, or the text is dropped."""
    dropped: bool = False


class Voted(_Event):
    """A labeler's answer for one text; None where it gave none that can be used."""

    type: Literal["voted"] = "voted"
    voter: int
    label: str | None
    probabilities: dict[str, float] | None = None
    reason: str | None = None


class Decoded(_Event):
    """Several paths to one answer, of which one was taken (`loop.decoding`); `call` is that one's.

    The lists have an entry for each path; samples of one request share its call.
    """

    type: Literal["decoded"] = "decoded"
    voter: int = 0
    """Which of the role's endpoints was asked."""
    rule: Literal["max", "aggregated", "majority"]
    branched: bool
    """They part at the first token; else they are samples."""
    chosen: int | None
    """Place in the lists; None where no path had an answer."""
    weight: float
    """Of the answer taken, by the rule."""
    answers: list[str | None]
    margins: list[float | None]
    """In [-1, 1]; null where nothing was weighed."""
    calls: list[str]
    completions: list[int]
    """Which completion of its call each is, from 0."""
    asked: list[str]
    """All calls that it took, that for the first token among them."""
    reason: str | None = None
    """Why none was taken, or why it was not taken by the rule."""


class Judged(_Event):
    """What became of a row."""

    type: Literal["judged"] = "judged"
    by: str
    """`writer`, `ballot`, `critic`, `selector`, `quality_filter`, or a node of a user's own.
    `writer`: found to be no clean row in the node that wrote it."""
    action: Literal["accept", "relabel", "reject", "retry"]
    label: str | None
    reason: str


class Evaluated(_Event):
    """The student's verdict on an accepted row, before it trained on it."""

    type: Literal["evaluated"] = "evaluated"
    label: str
    predicted: str
    confidence: float


class Kept(_Event):
    """What a policy of `loop.keep` thinks of an accepted row, and whether it stays."""

    type: Literal["kept"] = "kept"
    policy: str
    score: float | None
    """Higher is kept; what it counts, the policy says. None: no finite number."""
    kept: bool
    """False: it is not trained on, and in no history."""


class Audited(_Event):
    """The auditor's word on a row whose label is doubtful, or no longer is."""

    type: Literal["audited"] = "audited"
    label: str
    suspect: bool
    """False: an earlier audit doubted it, this one doesn't."""
    likelier: str | None
    """The label that fits better; None where there is none."""
    weight: float
    """Factor of its loss until the next audit; 0: it is left out of training."""
    reason: str


class Told(_Event):
    """A control handed on other verdicts than the student's own."""

    type: Literal["told"] = "told"
    rows: int
    suspects: int
    """Rows told wrong; where none is, those told uncertain."""
    stayed: int = 0
    """Suspects that truly were some, because too few other rows were left."""
    source: str | None = None
    """Directory of the run whose feedback it is; None: this one's."""
    source_round: int | None = None


class Examined(_Event):
    """The student's verdicts on a synthetic dev set, which it never trains on."""

    type: Literal["examined"] = "examined"
    rows: int
    wrong: int
    metric: str
    score: float
    """By that metric, which is the task's; rounded."""


class Trained(_Event):
    """The student was fitted."""

    type: Literal["trained"] = "trained"
    rows: int
    steps: int
    loss: float
    seconds: float
    tokens: int = 0
    """Trained on, special tokens included, padding not."""


class Stepped(_Event):
    """The student takes its training steps: heard while it does, not kept on file."""

    type: Literal["stepped"] = "stepped"
    step: int
    """Of this fit, from 1; a round may have more than one."""
    steps: int


class Retested(_Event):
    """The student's verdict on a row after the round's training.

    Asked of the rows it just trained on, and of those that the round's texts answer.
    """

    type: Literal["retested"] = "retested"
    label: str
    predicted: str
    confidence: float
    trained: bool
    """It was in this round's batch."""


class Scored(_Event):
    """Scores after training; test scores are only ever reported."""

    type: Literal["scored"] = "scored"
    dev: dict[str, float] | None
    test: dict[str, float]
    billed_tokens: int
    accepted: int
    rejected: int
    useful_tokens: int | None = None
    hard_error: float | None = None
    """Share of the hard rows that the student had wrong before it trained on them."""
    easy_error: float | None = None
    class_f1: dict[str, float] | None = None
    """On the test set."""


class Budgeted(_Event):
    """Little of a limit is left, or none; said once a process for each."""

    type: Literal["budgeted"] = "budgeted"
    limit: Limit
    agent: str | None
    """None for the limit of the whole run."""
    spent: float
    allowed: float
    reached: bool
    """No further request fits."""


class Warned(_Event):
    """Something a reader should know that stopped nothing."""

    type: Literal["warned"] = "warned"
    text: str
    grave: bool = False
    """Something failed as a whole, though the run goes on: people see it in red."""


class Interrupted(_Event):
    """Somebody asked the run to stop (Ctrl-C, SIGTERM): heard at once, not kept on file."""

    type: Literal["interrupted"] = "interrupted"
    again: bool
    """Not for the first time: the step in progress is given up."""


class Stopped(_Event):
    """The run came to its end, or was interrupted."""

    type: Literal["stopped"] = "stopped"
    status: str
    reason: str


Event = Annotated[
    Begun
    | Seeded
    | Retrieved
    | NodeStarted
    | NodeEnded
    | Called
    | Replayed
    | Retried
    | Batched
    | Misread
    | Mended
    | Analysed
    | Drafted
    | Voted
    | Decoded
    | Judged
    | Evaluated
    | Kept
    | Audited
    | Doubted
    | Told
    | Examined
    | Trained
    | Stepped
    | Retested
    | Scored
    | Budgeted
    | Warned
    | Interrupted
    | Stopped,
    Field(discriminator="type"),
]
_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)
Listener = Callable[[Event], None]


def event_of(body: str) -> Event:
    """An event from its stored JSON."""
    return _ADAPTER.validate_json(body)
