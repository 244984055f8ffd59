"""EDA (Wei & Zou 2019, arXiv 1901.11196): four small edits of a text, no model, no tokens.

A text is stripped to lower-case a-z and single spaces. Each operation makes int(variants / 4) + 1
versions with max(1, int(alpha x words)) edits: *replacement* of a word that is no stop word, at
every place it stands, by a random synonym; *insertion* of a synonym of a random word at a random
place, up to ten words tried; *swap* of two words; *deletion* of each word with probability alpha,
never of all. All versions are shuffled and the first `variants` kept; twins among them and
versions equal to the text are kept too, as published. The published code appends the stripped text
itself; here the seed row is trained on anyway, as it was written.

Known criticism: insertion and swap can flip a label ("not good, bad" / "not bad, good"), deletion
can drop the word that carries it, and the label is kept without a look. On small sets with a
pretrained student the gain is small or none (Longpre et al. 2020), and it vanishes when the
student without augmentation gets as many steps (Piedboeuf & Langlais 2024): compare at equal steps.

One thing is decided here that the published code leaves to chance: it inserts the first of a
Python set of synonyms, whose order differs from process to process; here it is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from evokd.augment.synonyms import Synonyms
from evokd.config import ConfigError

_STOP_WORDS = """
a about above after again against all am an and any are as at be because been before being
below between both but by can did do does doing don down during each few for from further had
has have having he her here hers herself him himself his how i if in into is it its itself just
me more most my myself no nor not now of off on once only or other our ours ourselves out over
own s same she should so some such t than that the their theirs them themselves then there
these they this those through to too under until up very was we were what when where which
while who whom why will with you your yours yourself yourselves
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words that are never replaced; they may be inserted beside, swapped and deleted."""
TRIES = 10
"""Words that an insertion asks for synonyms before it gives up."""
REDRAWS = 3
"""How often a swap draws its second place again when it is the first one."""

_APOSTROPHES = re.compile("['’]")
_OTHER = re.compile("[^a-z]+")


def check_language(language: str) -> None:
    """EDA's stop words, letters and synonyms are English.

    Raises:
        ConfigError: the task's texts are in another language.
    """
    if language.lower().replace("_", "-").split("-")[0] != "en":
        raise ConfigError(
            f"task.language: method eda edits English texts only, got {language!r}; "
            "leave `eda` out for this task, or take `auggpt`"
        )


def augment(
    text: str, *, variants: int, alpha: float, rng: Random, synonyms: Synonyms
) -> list[str]:
    """Edited versions of a text, `variants` of them; none of a text without a letter a-z.

    Args:
        text: English.
        variants: How many, at least 1.
        alpha: Share of words that an operation changes, in (0, 1].
        rng: All chance comes from here.
        synonyms: See `evokd.augment.synonyms`.
    """
    words = clean(text).split()
    if not words:
        return []
    edits = max(1, int(alpha * len(words)))
    operations: tuple[Callable[[], list[str]], ...] = (
        lambda: replace(words, edits, rng, synonyms),
        lambda: insert(words, edits, rng, synonyms),
        lambda: swap(words, edits, rng),
        lambda: delete(words, alpha, rng),
    )
    versions = [
        clean(" ".join(operation()))
        for operation in operations
        for _ in range(variants // len(operations) + 1)
    ]
    rng.shuffle(versions)
    return versions[:variants]


def clean(text: str) -> str:
    """Lower-case a-z and single spaces; apostrophes close up, all else is a space."""
    return _OTHER.sub(" ", _APOSTROPHES.sub("", text).lower()).strip()


def replace(words: list[str], count: int, rng: Random, synonyms: Synonyms) -> list[str]:
    """Replace up to `count` different words, each at every place and by one synonym."""
    result = list(words)
    candidates = sorted(set(words) - STOP_WORDS)
    rng.shuffle(candidates)
    for word in candidates:
        if count == 0:
            break
        if options := synonyms.of(word):
            other = rng.choice(options)
            result = [other if one == word else one for one in result]
            count -= 1
    return result


def insert(words: list[str], count: int, rng: Random, synonyms: Synonyms) -> list[str]:
    """Insert a synonym of a random word, `count` times; never at the very end, as published."""
    result = list(words)
    for _ in range(count):
        options: tuple[str, ...] = ()
        for _ in range(TRIES):
            if options := synonyms.of(rng.choice(result)):
                break
        if options:
            result.insert(rng.randrange(len(result)), rng.choice(options))
    return result


def swap(words: list[str], count: int, rng: Random) -> list[str]:
    """Let two random places change their words, `count` times."""
    result = list(words)
    for _ in range(count):
        one = other = rng.randrange(len(result))
        for _ in range(1 + REDRAWS):
            if other != one:
                break
            other = rng.randrange(len(result))
        result[one], result[other] = result[other], result[one]
    return result


def delete(words: list[str], chance: float, rng: Random) -> list[str]:
    """Drop each word with probability `chance`; a random one stays when all would go."""
    if len(words) == 1:
        return list(words)
    return [word for word in words if rng.random() >= chance] or [rng.choice(words)]
