"""README.md of a student or of data: front matter for the hub, then Markdown.

`huggingface_hub` has the keys and the form of scores; it is imported when a card is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from huggingface_hub import CardData


def readme(data: CardData, parts: Iterable[str]) -> str:
    """The text of README.md; empty parts are left out.

    Each value of the front matter stays on a line of its own, which the hub's writer would fold:
    a piece of it can then never stand alone and be taken for the line that ends the front matter.
    """
    front = yaml.safe_dump(
        data.to_dict(),  # type: ignore[no-untyped-call]
        sort_keys=False, allow_unicode=True, width=math.inf,
    )  # fmt: skip
    return f"---\n{front}---\n\n" + "\n\n".join(part for part in parts if part) + "\n"
