"""A role of one's own: a judge that throws out what no person would write.

    evokd run examples/own_role.yaml

Its template is `own_role_pack/en/judge.j2`; how it is asked stands in that pack's pack.yaml.
"""

from __future__ import annotations

from typing import Any

import evokd
from evokd import plugins

evokd.role("judge", whose="method judged", needed=False)


async def judge(
    state: plugins.LoopState, node: plugins.NodeContext, method: plugins.Rival
) -> dict[str, Any]:
    """One call about the round's texts; a text judged `fake` goes no further."""
    rows = node.read(state["candidates"], plugins.Candidate)
    if not rows:
        return {}
    pack, client = node.run.pack, node.client("judge")
    style = pack.manifest.style_of("judge")
    names = [str(number) for number in range(1, len(rows) + 1)]
    schema = {name: {"type": "string", "enum": ["real", "fake"]} for name in names}
    shown = {**node.view.variables(client.directives[0]), "texts": [row.draft.text for row in rows]}
    request = plugins.Request(
        role="judge",
        call_key="judge",
        prompt=pack.prompt("judge", shown),
        temperature=style.temperature,
        max_tokens=style.max_tokens * len(rows),
        schema={"type": "object", "properties": schema, "required": names},
    )
    try:
        answer = await client.ask(request, plugins.json_object, pack.repair)
    except plugins.Unusable as reason:
        node.emit(plugins.Warned(text=f"nothing was judged this round: {reason}"))
        return {}
    except plugins.BudgetReached as reached:
        return node.stop(reached)
    fake = [row for name, row in zip(names, rows, strict=True) if answer.value.get(name) == "fake"]
    out = [
        plugins.Verdict(row.draft.row, "reject", None, "reads fake", answer.call) for row in fake
    ]
    for verdict in out:
        node.emit(plugins.judged("judge", verdict))
    kept = [row for row in rows if row not in fake]
    return {"accepted": [node.put(kept)], "rejected": [*state.get("rejected", []), node.put(out)]}


@evokd.method
class Judged(plugins.ZeroGen):
    """ZeroGen with a judge behind the ballot."""

    name, nodes = "judged", {"judge": judge}
    roles = ("writer", "judge")

    def row(self) -> list[str]:
        """The nodes of a round, one after another."""
        before, after = super().row()[:2], super().row()[2:]
        return [*before, "judge", *after]
