"""Texts that the student is unsure of go to the teacher: its labeler, with the config's pack.

    deferral = Deferral(config, books, metrics)
    await deferral.open()
    [found] = await deferral.ask(["Well, what can I say."], within_s=20)
    found.label or found.reason
    await deferral.close()      # what was asked is answered, or booked as cancelled

Learning to defer by a threshold on the student's confidence, as in model cascades (Chen et al.
2023, FrugalGPT, arXiv 2305.05176). Every call is booked before it leaves, under the budget of the
config; each label is kept as a row for the next training, and the same text is never paid for
twice. A labeler's batch calibration is left out: an answer must not depend on who else asks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.ballot import majority
from agents.labeler import label, votes_at_once
from agents.labeler_paths import label_by_paths
from agents.records import Draft, Vote
from agents.task_view import TaskView
from evokd.config import Config, ConfigError
from evokd.ledger.budget import BudgetReached
from evokd.serving.kept_rows import ORIGIN, text_key
from evokd.serving.metrics import Metrics
from evokd.serving.teacher_books import TeacherBooks
from evokd.store.clock import now
from evokd.tasks.data_row import data_row
from evokd.tasks.task import Task, draw_shots, load_task
from evokd.tasks.text import normalise
from evokd.teacher.faults import TeacherDown
from evokd.teacher.metered_client import MeteredClient
from evokd.teacher.pool import TeacherPool
from graph.core.decoding import path_plan
from graph.methods import method_of
from graph.packs import pack_of
from prompts.pack import Pack

LOG = logging.getLogger("evokd.serving")
MOST_ASKED = 1024
"""Texts that may be with the teacher at once; further ones are not sent to it."""
PAUSE_S = 30.0
"""How long a teacher that can't be worked with is left alone."""
IN_TIME = "the teacher has not answered in time; its answer is kept for the next time"


@dataclass(frozen=True, slots=True)
class Deferred:
    """What came of one text."""

    label: str | None
    reason: str | None = None
    """Why there is no label."""


class Deferral:
    """The teacher behind the student."""

    def __init__(self, config: Config, books: TeacherBooks, metrics: Metrics) -> None:
        """Read the task's data (for the shots that the prompt shows) and build the teachers.

        Raises:
            ConfigError: of data, pack or teachers.
        """
        self._config, self._books, self._metrics = config, books, metrics
        self._task: Task = load_task(config.task)
        self._pack: Pack = pack_of(config)
        method_of(config).check(self._task, self._pack)
        self._pack.require("labeler")
        seeds = draw_shots(self._task, config.task.shots, config.seed)
        self._view = TaskView.of(self._task, seeds, config)
        self._held_out = {normalise(r.text) for r in (*self._task.test, *(self._task.dev or ()))}
        self._pool = TeacherPool(config.teachers)
        self._client = MeteredClient(
            books.metering, self._pool.of("labeler"), "labeler", books.edge
        )
        self._asked: dict[str, asyncio.Task[dict[str, Deferred]]] = {}
        self._tasks: set[asyncio.Task[dict[str, Deferred]]] = set()
        self._writing = asyncio.Lock()
        self._down_until = 0.0
        self._down = ""
        self._closing = False
        self.spent: str | None = None
        """The limit that kept a text at home last; None: none did."""

    @property
    def waiting(self) -> int:
        """Texts that are with the teacher."""
        return len(self._asked)

    @property
    def remarks(self) -> list[str]:
        """What the user should know of the teachers."""
        return self._pool.remarks

    async def open(self) -> None:
        """Look whether the teachers are there, which costs nothing.

        Raises:
            ConfigError: they are not.
        """
        await self._pool.check()

    async def close(self, within_s: float = 30.0) -> None:
        """Wait for what was asked; what takes longer is booked as cancelled."""
        self._closing = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._books.metering.give_up()
        await self._books.metering.drain()
        await self._pool.close()

    async def ask(self, texts: Sequence[str], within_s: float) -> list[Deferred]:
        """The teacher's labels, in the order of the texts.

        Who waits no longer than `within_s` leaves the call to end: it is paid for, so its row is
        kept. A text that was labelled before is answered from the kept rows.
        """
        self._send([text for text in dict.fromkeys(texts) if self._is_new(text)])
        waited = {self._asked[text] for text in texts if text in self._asked}
        if waited:
            await asyncio.wait(waited, timeout=max(0.0, within_s))
        return [self._found(text, waited) for text in texts]

    def _is_new(self, text: str) -> bool:
        return text not in self._asked and text_key(text) not in self._books.rows.labels

    def _send(self, texts: list[str]) -> None:
        texts = texts[: max(0, MOST_ASKED - len(self._asked))]
        if not texts or self._closing or time.monotonic() < self._down_until:
            return
        task = asyncio.create_task(self._label(texts))
        self._tasks.add(task)
        self._asked.update(dict.fromkeys(texts, task))

        def done(task: asyncio.Task[dict[str, Deferred]]) -> None:
            self._tasks.discard(task)
            for text in texts:
                self._asked.pop(text, None)

        task.add_done_callback(done)

    def _found(self, text: str, waited: set[asyncio.Task[dict[str, Deferred]]]) -> Deferred:
        for task in waited:
            if task.done() and not task.cancelled() and text in task.result():
                found = task.result()[text]
                self._metrics.deferred.add(outcome="labelled" if found.label else "unlabelled")
                return found
        known = self._books.rows.labels.get(text_key(text))
        if known is not None:
            self._metrics.deferred.add(outcome="known")
            return Deferred(known)
        if text in self._asked:
            self._metrics.deferred.add(outcome="late")
            return Deferred(None, IN_TIME)
        self._metrics.deferred.add(outcome="not_asked")
        return Deferred(None, self._why_not())

    def _why_not(self) -> str:
        if self._closing:
            return "the server is stopping"
        if time.monotonic() < self._down_until:
            return self._down
        return "too many texts are with the teacher"

    async def _label(self, texts: list[str]) -> dict[str, Deferred]:
        """Never raises: what goes wrong is the reason of every text."""
        try:
            votes, stopped = await self._votes(texts)
            if stopped is not None:
                self.spent = str(stopped)
            found = {text: self._decided(votes[text], stopped) for text in texts}
            await self._keep({text: one for text, one in found.items() if one.label}, votes)
            return found
        except TeacherDown as error:
            self._leave_alone(str(error))
        except Exception as error:
            LOG.exception("the teacher could not be asked")
            self._leave_alone(f"unexpected {type(error).__name__}")
        return dict.fromkeys(texts, Deferred(None, self._down))

    async def _votes(self, texts: list[str]) -> tuple[dict[str, list[Vote]], BudgetReached | None]:
        """The votes on each text, and the limit that kept some at home."""
        named = {text_key(text): text for text in texts}
        drafts = [Draft(key, 0, "pool", text, None, None, ()) for key, text in named.items()]
        votes: dict[str, list[Vote]] = {text: [] for text in texts}
        stopped: BudgetReached | None = None
        voters = range(len(self._config.teachers.of("labeler")))
        for came in await asyncio.gather(*(self._vote(drafts, voter) for voter in voters)):
            for vote in came.votes:
                votes[named[vote.row]].append(vote)
            stopped = stopped or came.stopped
        return votes, stopped

    async def _vote(self, drafts: Sequence[Draft], voter: int) -> Any:
        config, client, pack, view = self._config, self._client, self._pack, self._view
        endpoint = config.teachers.of("labeler")[voter]
        plan = path_plan(config, "labeler", endpoint)
        if plan is not None:
            most = config.loop.decoding.max_tokens
            return (await label_by_paths(client, pack, view, drafts, voter, plan, most))[0]
        times = votes_at_once(pack, view, endpoint.temperature, config.loop.completions)
        return await label(client, pack, view, drafts, voter, times)

    def _decided(self, votes: list[Vote], stopped: BudgetReached | None) -> Deferred:
        by_parts = self._view.task_format.by_parts
        said = [vote.label for vote in votes if vote.label is not None]
        chosen = majority(votes) if by_parts is None else by_parts(said)
        if chosen is not None:
            return Deferred(chosen)
        if stopped is not None and not said:
            return Deferred(None, str(stopped))
        return Deferred(None, "the teacher's votes are tied" if said else "no usable reply came")

    async def _keep(self, found: dict[str, Deferred], votes: dict[str, list[Vote]]) -> None:
        """Write the rows down; what equals a held-out row never becomes one."""
        rows: list[dict[str, Any]] = []
        others: list[tuple[str, str]] = []
        for text, one in found.items():
            assert one.label is not None
            fate = "held_out" if normalise(text) in self._held_out else None
            try:
                if fate is None:
                    rows.append(self._row(text, one.label, votes[text]))
            except (ConfigError, ValueError) as error:
                LOG.warning("a row is not kept: %s", error)
                fate = "unfit"
            if fate is not None:
                others.append((text_key(text), one.label))
                self._metrics.rows.add(outcome=fate)
        self._books.rows.remember(others)
        if rows:
            await self._write(rows)

    async def _write(self, rows: list[dict[str, Any]]) -> None:
        """On the disk, or said to be lost; the answers stand either way, for they are paid for."""
        fate = "kept"
        try:
            async with self._writing:
                await asyncio.to_thread(self._books.rows.append, rows)
        except OSError as error:
            LOG.error("%s: %d rows are lost (%s)", self._books.rows.file, len(rows), error)
            fate = "lost"
        self._metrics.rows.add(len(rows), outcome=fate)

    def _row(self, text: str, chosen: str, votes: list[Vote]) -> dict[str, Any]:
        """A row of data with its origin."""
        calls = [call for vote in votes for call in (vote.call, *vote.more) if call]
        cast = [vote for vote in votes if vote.label is not None]
        origin = {
            "text": text_key(text),
            "label": chosen,
            "agreement": sum(vote.label == chosen for vote in cast) / len(cast),
            "calls": list(dict.fromkeys(calls)),
            "at": now(),
        }
        return data_row(self._config.task, self._task.task_format, text, chosen) | {ORIGIN: origin}

    def _leave_alone(self, reason: str) -> None:
        """Send it nothing for a while, and then give it another trial."""
        LOG.warning("the teacher is left alone for %g s: %s", PAUSE_S, reason)
        self._down, self._down_until = f"the teacher is down: {reason}", time.monotonic() + PAUSE_S
        self._books.metering.trials.clear()
