"""What labels are called and which texts belong to them, by the command line or a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from evokd.cli.asking import Ask, say
from evokd.cli.screen import harmless
from evokd.config import ConfigError
from evokd.config.names import Names, seen, whole
from evokd.tasks.formats.task_format import listed
from evokd.tasks.guessing import is_number

ASKED = 12
"""Labels up to which a person is asked for each."""


def renamed(pairs: Sequence[str], counts: Mapping[str, int], ask: Ask | None) -> dict[str, str]:
    """Value → name, where they differ: as the command line has it, or a person says of numbers.

    Raises:
        ConfigError: no such value, or one label is left.
    """
    given = _pairs(pairs, list(counts), "--rename")
    if not given and ask is not None and len(counts) <= ASKED and all(map(is_number, counts)):
        given = {value: ask(f"A name for label {value}", value) for value in counts}
    named = {value: seen(name) or value for value, name in given.items()}
    names = {named.get(value, value) for value in counts}
    if len(names) < 2:
        raise ConfigError("--rename: leaves one label, and a class needs another to differ from")
    return {value: name for value, name in named.items() if name != value}


def described(pairs: Sequence[str], names: Sequence[str], ask: Ask | None) -> dict[str, str]:
    """Label → description, empty where there is none yet.

    Raises:
        ConfigError: the command line describes a label that is none.
    """
    found = dict.fromkeys(names, "") | _pairs(pairs, names, "--describe")
    if ask is None:
        return found
    left = [name for name in names if not found[name]]
    if len(left) > ASKED:
        say(f"note: {len(left)} labels: describe them in the config, where names don't say enough")
        return found
    if left:
        say("Which texts belong to each label? One line for the agents; Enter leaves it for later.")
    return found | {name: " ".join(ask(f"  {name}", "").split()) for name in left}


def _pairs(items: Sequence[str], names: Collection[str], flag: str) -> dict[str, str]:
    """`NAME=text` by name; a name may hold a `=` itself."""
    found = {}
    known = Names(names)
    for item in items:
        cuts = [place for place, char in enumerate(item) if char == "="]
        fits = [
            (fit[0], item[place + 1 :])
            for place in reversed(cuts)
            if len(fit := known.fits(whole(item[:place]))) == 1
        ]
        if not fits:
            raise ConfigError(
                f"{flag}: expected LABEL=TEXT with a label of the data, got {harmless(item)!r};"
                f" labels: {listed(list(names))}"
            )
        name, text = fits[0]
        found[name] = " ".join(text.split())
    return found
