"""Who hears the events of a run beside its progress: `--verbose` lines, alarms of a quiet one."""

from __future__ import annotations

from collections.abc import Callable

from evokd.cli.lines import WHOLE, endpoint_of, is_grave
from evokd.cli.progress import Progress
from evokd.cli.screen import remark, shortened
from evokd.cli.voice import Voice
from evokd.runs.formatting import count
from evokd.store.events import Called, Event, Listener, Warned

ERROR = 200
"""Characters of what a server said."""


def heard(progress: Progress, voice: Voice) -> tuple[Listener, ...]:
    """The listeners of a run; Ctrl-C and the screen are the progress's matter."""
    if voice == "verbose":
        return (verbose(progress),)
    return (progress, alarm) if voice in ("quiet", "json") else (progress,)


def verbose(progress: Progress) -> Callable[[Event], None]:
    """Each call as it ends, before the line of its node."""

    def hear(event: Event) -> None:
        progress(event)
        if isinstance(event, Called):
            progress.say(call_line(event))

    return hear


def call_line(event: Called) -> str:
    """`round 2  labeler  call 1f3a…  gpt-4o-mini  ok  596 + 28 tokens, 1.32 s`."""
    tokens = f"{count(event.prompt_tokens)} + {count(event.completion_tokens)} tokens"
    parts = [
        f"round {event.round}",
        f"{event.node:<14}",
        f"call {(event.call or '–')[:8]}",
        endpoint_of(event),
        event.status if event.attempt == 1 else f"{event.status} (attempt {event.attempt})",
        f"{tokens}, {event.seconds:.2f} s",
    ]
    line = "  ".join(parts)
    return f"{line}  {shortened(event.error, ERROR)}" if event.error else line


def alarm(event: Event) -> None:
    """What failed as a whole is said on stderr, whatever else is not."""
    if isinstance(event, Warned) and is_grave(event):
        remark(f"evokd: round {event.round}: {event.node}: {shortened(event.text, WHOLE)}")
