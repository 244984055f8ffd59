"""What methods and roles of one's own are made of: `from evokd.api.plugins import …`.

`Method`, `LoopMethod`: what a run asks of its method; `EvoKD`, `ZeroGen`, `Rival`: ours, to inherit
from. `GraphBuilder`: nodes and edges. A node is `async def node(state, node, method)` and gives the
change of the state; `NodeContext` reads and stores records and has the client. `Request`: one call.
"""

from __future__ import annotations

from agents.records import Candidate, Draft, Marked, Verdict
from agents.replies import json_object
from agents.writer import WriteRequest
from evokd.config.strict import Strict
from evokd.ledger.budget import BudgetReached
from evokd.store.events import Warned
from evokd.teacher.client import LLMClient
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from evokd.teacher.request import Request
from graph.core.graph_builder import END, START, GraphBuilder
from graph.core.loop_method import LoopMethod
from graph.core.method import Method
from graph.core.node_context import NodeContext
from graph.core.round_budget import texts_to_write
from graph.core.rows import judged
from graph.core.state import LoopState
from graph.methods.evokd import EvoKD
from graph.methods.rival import Rival
from graph.methods.zerogen import ZeroGen, write_requests

__all__ = [
    "END",
    "START",
    "BudgetReached",
    "Candidate",
    "Draft",
    "EvoKD",
    "GraphBuilder",
    "LLMClient",
    "LoopMethod",
    "LoopState",
    "Marked",
    "Method",
    "NodeContext",
    "Reply",
    "Request",
    "Rival",
    "Strict",
    "Unusable",
    "Verdict",
    "Warned",
    "WriteRequest",
    "ZeroGen",
    "json_object",
    "judged",
    "texts_to_write",
    "write_requests",
]
