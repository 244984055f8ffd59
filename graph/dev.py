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
from evokd.ledger.budget import Budget
from evokd.ledger.ledger import Ledger
from evokd.store.events import EventLog
from evokd.store.run_dir import RunDir
from evokd.tasks.task import draw_shots, load_task
from evokd.teacher.booked_desk import Books
from evokd.teacher.pool import TeacherPool
from graph.bench import Bench
from graph.build import build
from graph.keeper import StudentKeeper
from prompts.pack import Pack

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
    events = EventLog(run.events)
    ledger = Ledger(run.ledger)
    books = Books(ledger, Budget(config.budget), events.add, config.seed)
    task = load_task(config.task)
    return build(
        Bench(
            config=config,
            task=task,
            seeds=draw_shots(task, config.task.shots, config.seed),
            pack=Pack.load(config.prompts.pack, config.prompts.language, config.task.kind),
            dir=run,
            books=books,
            events=events,
            pool=TeacherPool(config.teachers),
            keeper=StudentKeeper(config, task.labels, run.student_states),
        )
    )


def scripted(config: Config) -> Config:
    """The same config with the scripted teacher in every seat, and an end."""
    return config.model_copy(
        update={
            "teachers": Teachers(default=(Endpoint(scripted=True),)),
            "prompts": PromptsConfig(pack="evokd"),
            "loop": config.loop.model_copy(update={"rounds": ROUNDS}),
        }
    )
