"""The loop for `langgraph dev`: the demo's data and student, the scripted teacher, no key needed.

`langgraph dev` brings its own checkpointer. Give it `{"round": 0}` as input and watch the nodes.
"""

from __future__ import annotations

import functools
import os
import tempfile
from pathlib import Path
from typing import Any

from evokd.config import Config, Endpoint, PromptsConfig, Teachers, load_config
from evokd.store.run_dir import RunDir
from evokd.teacher.pool import TeacherPool
from graph.build import build
from graph.methods import method_of
from graph.session import run_context

# The books are SQLite, committed on the loop that spends, a tenth of a millisecond a row; the dev
# server would refuse that as blocking. It reads this after importing the graph, and overrides
# what langgraph.json says of it.
os.environ["LANGGRAPH_ALLOW_BLOCKING"] = "true"

DEMO = Path(__file__).parent.parent / "examples" / "demo.yaml"
ROUNDS = 2


@functools.cache
def make_graph() -> Any:
    """A compiled loop over a run directory of its own in the temporary folder, one a server."""
    config = scripted(load_config(DEMO))
    folder = Path(tempfile.mkdtemp(prefix="evokd-dev-")) / "run"
    run = RunDir.create(folder, config, {"id": "dev", "status": "running", "elapsed_s": 0.0})
    pool = TeacherPool(config.teachers)
    return build(run_context(config, run, pool), method_of(config))


def scripted(config: Config) -> Config:
    """The same config with the scripted teacher in every role, and an end."""
    return config.model_copy(
        update={
            "teachers": Teachers(default=(Endpoint(scripted=True),)),
            "prompts": PromptsConfig(pack="evokd"),
            "loop": config.loop.model_copy(update={"rounds": ROUNDS}),
        }
    )
