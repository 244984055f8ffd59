"""evokd: distil a language model into a small student with a team of agents.

```
import evokd
run = evokd.run("examples/demo.yaml")          # or: await evokd.arun(…)
run.metrics, run.edges, run.trace("r001-h001"), run.predict(["…"])
evokd.load("runs/demo-…")                      # a run of earlier
```
This is the public API. Its parts are imported when they are first used: `import evokd` itself
loads nothing. Modules of evokd's own import them from `evokd.api`, never from here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evokd.api import plugins as plugins
    from evokd.api.drawing import Drawing as Drawing
    from evokd.api.errors import ConfigError as ConfigError
    from evokd.api.errors import Interrupted as Interrupted
    from evokd.api.errors import RunError as RunError
    from evokd.api.errors import RunFailed as RunFailed
    from evokd.api.errors import Unreadable as Unreadable
    from evokd.api.registering import method as method
    from evokd.api.registering import role as role
    from evokd.api.run import Run as Run
    from evokd.api.run import load as load
    from evokd.api.running import aresume as aresume
    from evokd.api.running import arun as arun
    from evokd.api.running import resume as resume
    from evokd.api.running import run as run
    from evokd.api.running import stream as stream
    from evokd.api.stream import Stream as Stream
    from evokd.api.study import Study as Study
    from evokd.api.study import load_study as load_study
    from evokd.api.study import study as study
    from evokd.api.trace import Trace as Trace
    from evokd.store import events as events

_HOMES = {
    "evokd.api": ("plugins",),
    "evokd.api.drawing": ("Drawing",),
    "evokd.api.errors": ("ConfigError", "Interrupted", "RunError", "RunFailed", "Unreadable"),
    "evokd.api.registering": ("method", "role"),
    "evokd.api.run": ("Run", "load"),
    "evokd.api.running": ("aresume", "arun", "resume", "run", "stream"),
    "evokd.api.stream": ("Stream",),
    "evokd.api.study": ("Study", "load_study", "study"),
    "evokd.api.trace": ("Trace",),
    "evokd.store": ("events",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = frozenset({"plugins", "events"})


if not TYPE_CHECKING:  # else any name would pass for one that is there

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module 'evokd' has no attribute {name!r}")
        home = _HOME[name]
        if name in _MODULES:
            found: Any = importlib.import_module(f"{home}.{name}")
        else:
            found = getattr(importlib.import_module(home), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
