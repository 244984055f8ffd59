"""Pages from templates: everything is escaped, and nothing a model wrote stays invisible."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from evokd.runs import formatting
from evokd.runs.classes import words_of
from evokd.runs.notes import read_notes
from evokd.runs.run import Run
from evokd.runs.scores import metric_name
from evokd.store.notes import Note, NoteKind
from evokd.viewer.budget_bar import budget_bar, budget_words
from evokd.viewer.query import address
from evokd.viewer.visible import one_line, visible

PAGES = Path(__file__).with_name("pages")
ASSETS = Path(__file__).with_name("assets")


@cache
def environment() -> jinja2.Environment:
    """Jinja2 with escaping on; `finalize` makes hidden characters visible in every value."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    for name in ("count", "ratio", "dollars", "span", "brief", "moment", "short"):
        made.filters[name] = getattr(formatting, name)
    made.filters |= {"one_line": one_line, "metric": metric_name, "said": _said}
    made.filters |= {"budget": budget_words, "budget_bar": budget_bar}
    made.globals |= {"to": _to, "note_on": _note_on}
    return made


def render(template: str, values: Mapping[str, Any]) -> str:
    """A page."""
    return environment().get_template(template).render(values)


def _seen(value: Any) -> Any:
    return value if isinstance(value, Markup) else visible(str(value))


def _to(path: str, **values: object) -> str:
    """For templates: `to("/run", run=run.name)`; what is None or empty stays out."""
    return address(
        path, [(name, value) for name, value in values.items() if value not in (None, "")]
    )


def _said(label: Any, run: Run) -> str:
    """For templates: an answer as people read it, `{{ row.label | said(run) }}`."""
    return words_of(run)(str(label))


def _note_on(run: Run, kind: NoteKind, name: str) -> Note | None:
    """For templates: what was noted of a row or a call."""
    return read_notes(run.path).get(kind, name)
