"""Where a row came from and what it led to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from evokd.runs.chain_document import document
from evokd.runs.row_history import Back, Forward, RowHistory
from evokd.viewer.visible import visible

SHOWN = 12
"""Rows and calls of a kind that a notebook shows; `to_dict` has all."""


@dataclass(frozen=True)
class Trace:
    """A row, both ways: `back` to the calls and student errors, `forward` to what answered it."""

    back: Back
    """Analysis, calls with their tokens, ancestors, scores before and after."""
    forward: Forward
    """Analyses that spoke of it, texts that answer it."""

    @property
    def row(self) -> RowHistory:
        """The row: text, label, fate, votes, verdicts, the student before and after."""
        return self.back.row

    @property
    def tokens(self) -> float:
        """What it cost: its share of every call."""
        return self.back.tokens

    def to_dict(self) -> dict[str, Any]:
        """The document of `evokd trace DIR --row ID --format json`."""
        return document(self.back, self.forward)

    def _lines(self) -> list[tuple[str, str]]:
        row = self.row
        lines = [("text", row.text), ("label", row.label or "–"), ("fate", row.fate)]
        if row.parents:
            lines.append(("answers", ", ".join(row.parents[:SHOWN])))
        if self.back.analysis:
            lines.append(("analysis", self.back.analysis.text))
        for one in self.back.exchanges[:SHOWN]:
            node = one.calls[-1].node if one.calls else "–"
            lines.append((f"call of {node}", f"{one.tokens} tokens for {one.rows} rows"))
        for vote in row.votes[:SHOWN]:
            lines.append((f"vote {vote.voter}", vote.label or "–"))
        for verdict in row.verdicts[:SHOWN]:
            lines.append((verdict.by, f"{verdict.action}: {verdict.reason}"))
        if row.before:
            said = f"{row.before.predicted} ({row.before.confidence:.2f})"
            lines.append(("student before", said))
        lines += [("keeper", said) for said in (row.choice,) if said]
        for audit in row.audits[:SHOWN]:
            word = "doubtful" if audit.suspect else "no longer doubtful"
            lines.append((f"audit of round {audit.round}", f"{word}: {audit.reason}"))
        for after in row.after[:SHOWN]:
            said = f"{after.predicted} ({after.confidence:.2f})"
            lines.append((f"student after round {after.round}", said))
        for answer in self.forward.answers[:SHOWN]:
            lines.append((f"answered by {answer.id}", answer.text))
        lines.append(("tokens", f"{self.tokens:.0f}"))
        return [(name, visible(said)) for name, said in lines]

    def __str__(self) -> str:
        lines = self._lines()
        width = max(len(name) for name, _ in lines)
        told = (f"  {name:<{width}}  {' '.join(said.split())}" for name, said in lines)
        return "\n".join([f"row {self.row.id}, round {self.row.round}", *told])

    def _repr_html_(self) -> str:
        cells = Markup("").join(
            Markup("<tr><th style='text-align:left'>{}</th><td>{}</td></tr>").format(name, said)
            for name, said in self._lines()
        )
        head = Markup("<strong>row {}</strong>, round {}").format(self.row.id, self.row.round)
        return str(Markup("{}<table>{}</table>").format(head, cells))
