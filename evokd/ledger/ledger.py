"""The ledger: a row is committed as `open` before the request leaves and closed when it ends.

So nothing spent is ever missing: not a retry, not a rejected reply, not a cancelled sibling, not
the requests in flight when the process was killed (they stay `open`, with an estimate).
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import replace
from pathlib import Path

from evokd.ledger import outcomes, tables
from evokd.ledger.call import Amounts, CallEnd, CallStart, Usage
from evokd.ledger.edge import Edge
from evokd.ledger.totals import spent_by_agent
from evokd.store.clock import now
from evokd.store.sqlite import connect


class Ledger:
    """The only writer of `ledger.sqlite`; one per run and process."""

    def __init__(self, path: Path) -> None:
        self.db = connect(path, tables.SCHEMA)

    def open(self, edge: Edge, start: CallStart) -> str:
        """Commit a row for a request that is about to leave; gives the call's id.

        The row holds the estimate from the start, so a killed process leaves a usable one.
        """
        call = uuid.uuid4().hex
        prompt, completion = start.prompt_estimate, start.max_tokens
        tables.insert_call(
            self.db,
            {
                "id": call,
                "thread": edge.thread,
                "task": edge.task,
                "node_attempt": edge.node_attempt,
                "round": edge.round,
                "source": edge.source,
                "target": edge.target,
                "agent": start.agent,
                "model": start.model,
                "voter": start.voter,
                "slot": start.call_key,
                "attempt": start.attempt,
                "template": start.template,
                "template_sha": start.template_sha,
                "prompt_sha": start.prompt_sha,
                "status": "open",
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "estimated_prompt_tokens": prompt,
                "estimated_completion_tokens": completion,
                "max_tokens": start.max_tokens,
                "prompt_price": start.price.prompt if start.price else None,
                "completion_price": start.price.completion if start.price else None,
                "usd": start.usd(prompt, completion),
                "opened_at": now(),
            },
        )
        return call

    def close(self, call: str, start: CallStart, end: CallEnd) -> tuple[int, int]:
        """Close a row with the reported usage or the best estimate; gives what was booked."""
        prompt, completion = _tokens(start, end)
        estimated = _estimated(end, prompt, completion)
        usage = end.usage or Usage(0, 0)
        usd = start.usd(prompt, completion, usage.cached)
        tables.update_call(
            self.db,
            call,
            {
                "status": end.status,
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "estimated_prompt_tokens": estimated[0],
                "estimated_completion_tokens": estimated[1],
                "cached_tokens": usage.cached,
                "reasoning_tokens": usage.reasoning,
                "usd": None if end.status == "replayed" else usd,
                "closed_at": now(),
                "error": end.error,
                "text": end.text,
                "reply": end.reply,
            },
        )
        return prompt, completion

    def replay(self, edge: Edge, start: CallStart) -> tuple[str, str] | None:
        """A finished call of this very task, key and prompt: its id and reply, booked as free."""
        found = self._finished(edge, start)
        if found is None:
            return None
        self.db.execute("BEGIN")  # killed in between, it would look like a request in flight
        copy = self.open(edge, start)
        self.close(copy, start, CallEnd("replayed", reply=found[1]))
        self.db.execute("COMMIT")
        return found

    def knows(self, edge: Edge, start: CallStart) -> bool:
        """Whether this very task finished a call of this key and prompt; books nothing."""
        return self._finished(edge, start) is not None

    def left_open(self, edge: Edge, start: CallStart) -> tuple[str, CallStart] | None:
        """The open row of this very task, key and prompt that another process has left behind.

        Gives its id, and what it said before the request left; its tokens are among those of
        `spent`.
        """
        row = tables.find_open(self.db, _key(edge, start))
        if row is None:
            return None
        return row["id"], replace(
            start,
            attempt=row["attempt"],
            prompt_estimate=row["prompt_tokens"],
            max_tokens=row["max_tokens"],
        )

    def has_usable(self, agent: str) -> bool:
        """Whether any reply to an agent could be used."""
        return outcomes.has_usable(self.db, agent)

    def _finished(self, edge: Edge, start: CallStart) -> tuple[str, str] | None:
        return tables.find_reply(self.db, _key(edge, start))

    def freight(self, edge: Edge, tokens: int) -> None:
        """Book the payload that moved along the edge; a repeated execution counts once."""
        row = (edge.thread, edge.task, edge.round, edge.source, edge.target, tokens)
        tables.put_freight(self.db, row)

    def drop_freight(self, target: str, round_number: int) -> None:
        """Take back the freight of a node that does a round's work anew, as another task."""
        tables.drop_freight(self.db, target, round_number)

    def spent(self) -> dict[str, Amounts]:
        """What was billed by agent, for budgets of a resumed run."""
        return spent_by_agent(self.db)

    def close_database(self) -> None:
        self.db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.close_database()
        except sqlite3.ProgrammingError:  # closed already
            return


def _key(edge: Edge, start: CallStart) -> dict[str, str]:
    """What a request is found by after a resume."""
    return {
        "thread": edge.thread,
        "task": edge.task,
        "slot": start.call_key,
        "prompt_sha": start.prompt_sha,
    }


def _tokens(start: CallStart, end: CallEnd) -> tuple[int, int]:
    """Prompt and completion tokens: as reported, else estimated."""
    if end.usage is not None:
        return end.usage.prompt, end.usage.completion if end.counted is None else end.counted
    if end.status in ("replayed", "unsent"):
        return 0, 0
    completion = end.completion_estimate
    return start.prompt_estimate, start.max_tokens if completion is None else completion


def _estimated(end: CallEnd, prompt: int, completion: int) -> tuple[int, int]:
    """How many of the booked tokens no server vouched for."""
    return (prompt, completion) if end.usage is None else (0, completion - end.usage.completion)
