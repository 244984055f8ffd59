"""Who can write in one language and be translated into another (`loop.written_in`).

A translator says a whole text anew. So it must be plain text whose answer holds for the translation
as well, and the method must have a seat for it: EvoKD and its controls do.
"""

from __future__ import annotations

from collections.abc import Mapping

from evokd.baselines.plans import PLANS
from evokd.config import Config, ConfigError, TaskKind

REFUSED: Mapping[TaskKind, str] = {
    "ner": "entities are marked by their place in the text, which a translation moves",
    "pair": "premise and hypothesis must say the same things by the same names, which a translation"
    " of whole items does not promise",
    "choice": "the choices of a question must stay apart and in order, which a translation of whole"
    " items does not promise",
}


def check_translation(config: Config) -> None:
    """Refuse a translator where it has no seat or would do harm.

    Raises:
        ConfigError: saying why.
    """
    if config.loop.written_in is None:
        return
    reason = REFUSED.get(config.task.kind)
    if reason is not None:
        raise ConfigError(
            f"loop.written_in: does not work with task.kind {config.task.kind}: {reason};"
            " leave it out, and the writers write in task.language"
        )
    if config.method in PLANS:
        raise ConfigError(
            f"loop.written_in: method {config.method} has no translator's seat; it writes in"
            " task.language (EvoKD and its controls can be translated)"
        )
