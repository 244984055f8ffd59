"""A round with an embedded teacher against what its tokens and the training must take.

    python -m benchmarks.embedded --model qwen2.5-coder-0.5b --rounds 3

The demo's data and student, the pack that `auto` takes. Of each round: wall time over (prompt
tokens / measured prompt rate + reply tokens / measured batch rate + seconds of the student); the
median must not be above 1.15. The rates are measured after the rounds, on the same server:

prompt rate   prompts of the run, as many at once as there are slots, nothing out of the cache
batch rate    as many streams as there are slots, each of 48 tokens after a short prompt

Then a fresh server gets the run's prompts once more, in their order and step by step, with its
prompt cache: prompt tokens a second over the prompt rate, and the share that was computed.
Needs the machine for itself: beside other work llama.cpp's threads wait for one another.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx2

from benchmarks.orchestration import Watch, timed_student
from evokd.config import Config, ServerConfig, load_config
from evokd.store.events import Called, Event
from evokd.teacher.embedded import EmbeddedServer, embedded_server
from graph.session import start

DEMO = Path(__file__).parent.parent / "examples" / "demo.yaml"
TARGET = 1.15
REPLY = 48
"""Tokens of a stream of the batch rate."""
SAMPLE = 24
"""Prompts of the prompt rate, out of all steps."""
STEP = {"easy_generator": "generators", "hard_generator": "generators"}
"""Roles that work at the same time; every other one is a step of its own."""


@dataclass
class Calls:
    """The run's calls, in their order."""

    heard: list[Called] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Called):
            self.heard.append(event)

    def steps(self) -> list[list[list[dict[str, str]]]]:
        """The prompts that were with the server at the same time, step by step."""
        groups = itertools.groupby(self.heard, lambda e: (e.round, STEP.get(e.node, e.node)))
        return [
            [[{"role": r, "content": c} for r, c in call.messages] for call in calls]
            for _, calls in groups
        ]


class Server:
    """Asks llama.cpp's server directly, as many requests at once as it has slots."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._url = f"{server.base_url}/chat/completions"
        self._slots = server.settings.slots
        self._http = httpx2.Client(timeout=1200, trust_env=False)

    def ask(self, chats: Sequence[Any], tokens: int, *, cache: bool) -> list[dict[str, Any]]:
        """Timings of each request, as the server gives them."""
        body = {"max_tokens": tokens, "temperature": 0, "cache_prompt": cache, "ignore_eos": True}

        def one(chat: Any) -> dict[str, Any]:
            answer = self._http.post(self._url, json=body | {"messages": chat})
            answer.raise_for_status()
            timings: dict[str, Any] = answer.json()["timings"]
            return timings

        with ThreadPoolExecutor(self._slots) as pool:
            return list(pool.map(one, chats))

    def prompt_rate(
        self, steps: Sequence[Sequence[Any]], *, cache: bool = False
    ) -> tuple[float, float]:
        """Prompt tokens a second, and the share of them that was computed."""
        began = time.perf_counter()
        found = [one for chats in steps for one in self.ask(chats, 1, cache=cache)]
        seconds = time.perf_counter() - began
        computed = sum(one["prompt_n"] for one in found)
        whole = computed + sum(one["cache_n"] for one in found)
        return whole / seconds, computed / whole

    def batch_rate(self, prompt_rate: float) -> float:
        """Reply tokens a second, all streams together, without the time of their prompts."""
        chats = [[{"role": "user", "content": f"Tell story {n}."}] for n in range(self._slots)]
        began = time.perf_counter()
        found = self.ask(chats, REPLY, cache=False)
        prompts = sum(one["prompt_n"] for one in found) / prompt_rate
        replies = sum(one["predicted_n"] for one in found)
        return float(replies / (time.perf_counter() - began - prompts))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="qwen2.5-coder-0.5b", help="name, path or hub file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slots", type=int, default=ServerConfig().slots)
    parser.add_argument("--set", action="append", default=[], metavar="a.b=c", dest="more")
    options = parser.parse_args()
    settings = ServerConfig(slots=options.slots)
    endpoint = {"embedded": options.model, "timeout_s": 1200, "concurrency": options.slots,
                "server": settings.model_dump()}  # fmt: skip
    config = load_config(
        DEMO,
        [
            f"teachers.default={json.dumps(endpoint)}",
            f"loop.rounds={options.rounds}",
            "budget.tokens=null",
            *options.more,
        ],
    )
    load = os.getloadavg()[0]
    watch, calls = run(config)
    shared = Server(embedded_server(config.teachers.default[0].embedded or "", settings))
    steps = calls.steps()
    chats = [chat for step in steps for chat in step]
    rate, _ = shared.prompt_rate([chats[:: max(1, len(chats) // SAMPLE)]])
    batch = median(shared.batch_rate(rate) for _ in range(3))
    print(f"prompt rate {rate:.1f}, batch rate {batch:.1f} tokens/s; load before {load:.1f}")
    ratios = [ratio_of(number, watch, calls.heard, rate, batch) for number in watch.ended]
    fresh = EmbeddedServer(config.teachers.default[0].embedded or "", settings)
    cached, computed = Server(fresh).prompt_rate(steps, cache=True)
    print(f"with the prompt cache {cached:.1f} prompt tokens/s ({cached / rate:.2f} times),"
          f" {computed:.0%} of them computed")  # fmt: skip
    print(f"median over {len(ratios)} rounds {median(ratios):.2f} (at most {TARGET})")
    print(json.dumps({
        "target": TARGET, "ratio": round(median(ratios), 3), "model": options.model,
        "ratios": [round(one, 3) for one in ratios], "prompt_rate": round(rate, 1),
        "batch_rate": round(batch, 1), "cached_rate": round(cached, 1),
        "computed": round(computed, 3), "load": round(load, 1),
    }))  # fmt: skip
    return int(median(ratios) > TARGET)


def run(config: Config) -> tuple[Watch, Calls]:
    """The rounds, in a folder that is thrown away."""
    watch, calls = Watch(), Calls()
    with tempfile.TemporaryDirectory() as folder, timed_student(watch):
        outcome = start(config, Path(folder) / "run", (watch, calls))
    print(f"{outcome.status}: {outcome.reason}")
    return watch, calls


def ratio_of(
    number: int, watch: Watch, calls: Sequence[Called], rate: float, batch: float
) -> float:
    """Wall time of a round over what its tokens and its student must take."""
    mine = [call for call in calls if call.round == number]
    prompts, replies = (
        sum(getattr(call, name) for call in mine) for name in ("prompt_tokens", "completion_tokens")
    )
    wall, student = watch.ended[number] - watch.began[number], watch.student[number]
    least = prompts / rate + replies / batch + student
    print(
        f"round {number}: {wall:.1f} s; {prompts} + {replies} tokens, student {student:.1f} s:"
        f" {wall / least:.2f} of {least:.1f} s"
    )
    return float(wall / least)


if __name__ == "__main__":
    sys.exit(main())
