"""An endpoint that is asked by batches: all as of the chat, but for the way that a request takes.

The request is put in the same words, the answer is read by the same rules, what is refused by name
is left out from then on. LangChain has no such way, so its callbacks hear nothing of these calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evokd.config import BatchConfig, Endpoint
from evokd.store.events import Listener
from evokd.teacher.batch.answers import LineAnswer
from evokd.teacher.batch.api import NO_SUCH, BatchApi
from evokd.teacher.batch.desk import BatchDesk
from evokd.teacher.batch.line import BatchLine
from evokd.teacher.batch.outbox import Outbox
from evokd.teacher.batch.records import BatchRecords
from evokd.teacher.chat import ChatTeacher
from evokd.teacher.completion import Came, outcome
from evokd.teacher.dialect import Dialect
from evokd.teacher.faults import Fault, Refused, TeacherDown
from evokd.teacher.limiter import Limiter
from evokd.teacher.reply import Reply, whole
from evokd.teacher.request import Request
from evokd.teacher.transport import Wire

NO_FOLDER = "a batch outlives its process, so it needs the folder of a run: leave `batch` out here"


class BatchTeacher(ChatTeacher):
    """One endpoint; safe for many requests at once on one event loop."""

    def __init__(self, config: Endpoint, settings: BatchConfig) -> None:
        super().__init__(config)
        self._settings = settings
        self.limiter = Limiter(settings.requests)
        proxy = self.proxy.url if self.proxy else None
        self._api = BatchApi(self.base_url, self._key, config.timeout_s, proxy)
        self._outbox: Outbox | None = None

    def work_in(self, batches: Path, tell: Listener) -> None:
        """Where batches are written down, and who hears of them; before the first request."""
        records = BatchRecords(batches)
        desk = BatchDesk(self.config, self._settings, self._api, records, tell)
        self._outbox = Outbox(desk, self.limiter)

    async def send(self, request: Request, seed: int, metadata: Mapping[str, Any]) -> Reply:
        """One attempt: hours, as a rule. Raises `Fault`, and what `Outbox.ask` raises."""
        if self._outbox is None:
            raise TeacherDown(f"{self.config.title}: {NO_FOLDER}")
        asked = self._dialect
        line = BatchLine(
            call=str(metadata["call"]),
            body=body_of(asked, request, seed),
            node=str(metadata["target"]),
            round=int(metadata["round"]),
        )
        came = _read(await self._outbox.ask(line), whole_text=request.keeps_thinking)
        if isinstance(came, Reply):
            return came
        raise self._learnt(request, came, asked) if isinstance(came, Refused) else came

    async def missing(self) -> str | None:
        """Why nobody can be asked by batches there; None: the server has a list of them."""
        try:
            await self._api.batches({"limit": "1"})
        except Fault as fault:
            if isinstance(fault, Refused) and fault.status not in NO_SUCH:
                return None  # somebody is there, who may say more once there is a batch
            return (
                f"{self.base_url} has no Batch API that answers ({fault}): leave `batch` out, and"
                " it is asked request by request"
            )
        return None

    async def close(self) -> None:
        if self._outbox is not None:
            await self._outbox.close()
        await self._api.close()
        await super().close()


def _read(answer: LineAnswer, *, whole_text: bool) -> Came:
    """What a line of the batch's files says, read as the chat's answer is."""
    if isinstance(answer, Fault):
        return answer
    return outcome(Wire(left=True, answer=answer), None, whole_text=whole_text)


def body_of(asked: Dialect, request: Request, seed: int) -> dict[str, Any]:
    """What the chat would send, as one JSON object."""
    given = asked.parameters(request, seed)
    extra = given.pop("extra_body", {})
    messages = [{"role": m.role, "content": whole(m.content)} for m in asked.messages(request)]
    stop = asked.stop(request)
    ends = {} if stop is None else {"stop": stop}
    return {"model": asked.config.title, "messages": messages, **given, **ends, **extra}
