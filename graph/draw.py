"""The state machine of a config as text: mermaid, or one line an edge."""

from __future__ import annotations

from typing import Any

from evokd.config import Config
from graph.build import build
from graph.core.run_context import RunContext
from graph.methods import method_of
from graph.packs import pack_of


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


def ascii_lines(config: Config) -> str:
    """One line a node: where it hands its work."""
    drawn = compiled(config).get_graph()
    names = {"__start__": "START", "__end__": "END"}
    handed: dict[str, list[str]] = {}
    for edge in drawn.edges:
        target = names.get(edge.target, edge.target)
        label = f" ({edge.data})" if edge.data and edge.data != edge.target else ""
        handed.setdefault(names.get(edge.source, edge.source), []).append(f"{target}{label}")
    width = max(map(len, handed))
    return "\n".join(f"{node:>{width}} → {', '.join(to)}" for node, to in handed.items())
