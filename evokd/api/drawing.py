"""The state machine of a run, to be looked at."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from evokd.runs.formatting import count
from evokd.runs.totals import EdgeTotals
from evokd.viewer.graph_svg import draw
from evokd.viewer.visible import visible

_STYLE = Markup(
    "<style>.evokd-machine{background:#fff;padding:4px;overflow-x:auto}"
    ".evokd-machine svg{max-width:100%;height:auto}"
    ".evokd-machine text{font:13px system-ui,sans-serif;fill:#1c1c1e}"
    ".evokd-machine .node{fill:#eef2f7;stroke:#64748b}"
    ".evokd-machine .end{fill:#fff;stroke:#64748b}"
    ".evokd-machine .stroke{fill:none;stroke:#7aa2d6;stroke-opacity:.75}"
    ".evokd-machine .head{fill:#7aa2d6}"
    ".evokd-machine .idle.stroke{stroke:#94a3b8}.evokd-machine .idle.head{fill:#94a3b8}</style>"
)


@dataclass(frozen=True)
class Drawing:
    """The nodes that worked and what went along their edges; a notebook shows it as a picture."""

    edges: tuple[EdgeTotals, ...]
    """In the order in which each was first walked."""
    last: str | None
    """The node from which a run that is done went to END; None while it goes on."""

    @property
    def mermaid(self) -> str:
        """As mermaid text, tokens on the edges."""
        lines = [
            f"    {_name(one.source)} -- {count(one.billed)} tokens --> {_name(one.target)}"
            if one.billed
            else f"    {_name(one.source)} --> {_name(one.target)}"
            for one in self.edges
        ]
        return "\n".join(["graph TD", *lines])

    def __str__(self) -> str:
        """One line a node: where it hands its work, and the tokens that were spent there."""
        handed: dict[str, list[str]] = {}
        for one in self.edges:
            spent = f" ({count(one.billed)} tokens)" if one.billed else ""
            handed.setdefault(visible(one.source), []).append(f"{visible(one.target)}{spent}")
        width = max(map(len, handed), default=0)
        return "\n".join(f"{node:>{width}} → {', '.join(to)}" for node, to in handed.items())

    def _repr_html_(self) -> str:
        picture = draw(self.edges, "billed", last=self.last, link=lambda source, target: None)
        return str(_STYLE + Markup("<div class='evokd-machine'>{}</div>").format(picture))


def _name(node: str) -> str:
    """A node's id in mermaid: END is a word of its language."""
    kept = "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in node)
    return "__end__" if kept == "END" else kept
