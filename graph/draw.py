"""The state machine of a config as text: mermaid, or a picture for a terminal."""

from __future__ import annotations

from typing import Any

from evokd.config import Config
from graph.build import build
from graph.core.run_context import RunContext
from graph.methods import method_of
from graph.packs import pack_of
from graph.picture import picture


class _Counted:
    """Stands in for a pool: a drawing needs the number of voters, not the servers."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def of(self, role: Any) -> tuple[Any, ...]:
        return self._config.teachers.of(role)


def compiled(config: Config) -> Any:
    """The graph of a config without live services: to look at, not to run."""
    nothing: Any = None
    run = RunContext(
        config=config,
        task=nothing,
        seeds=(),
        pack=pack_of(config),
        dir=nothing,
        metering=nothing,
        events=nothing,
        pool=_Counted(config),  # type: ignore[arg-type]  # see its docstring
        students=nothing,
    )
    return build(run, method_of(config))


def mermaid(config: Config) -> str:
    """The graph in mermaid, without colours; a snapshot test holds it for every wiring."""
    return str(compiled(config).get_graph().draw_mermaid(with_styles=False))


def text(config: Config) -> str:
    """The graph as a picture for a terminal, and what is handed over where a line doesn't say."""
    edges = _named(compiled(config))
    handed = [f"{source} → {target}: {said}" for source, target, said in edges if said]
    drawing = picture(list(dict.fromkeys((source, target) for source, target, _ in edges)))
    return "\n".join([drawing, *([""] if handed else []), *handed])


def _named(graph: Any) -> list[tuple[str, str, str]]:
    """Edges with what stands on them; where that names the target, too, without it."""
    names = {"__start__": "START", "__end__": "END"}
    found = []
    for edge in graph.get_graph().edges:
        source, target = (names.get(end, end) for end in (edge.source, edge.target))
        said = "" if edge.data in (None, edge.target) else str(edge.data)
        found.append((source, target, said.removesuffix(f": {target}")))
    return found
