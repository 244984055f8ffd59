"""Where the base encoder puts the texts of a run, each embedded once.

A resumed run embeds the rows of earlier rounds once more; whole sets lie in the user's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from graph.core.student_store import StudentStore
    from student.encoder.embeddings import Vectors


class BaseVectors:
    """Text → its base embedding."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    async def learn(
        self, students: StudentStore, texts: Sequence[str], *, keep: bool = False
    ) -> None:
        """Embed what is new among the texts.

        Args:
            students: Who embed.
            texts: Any number.
            keep: For a set that other runs ask for as well: read from the user's cache, or left
                there.
        """
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            found = await students.base_embeddings(new, keep=keep)
            self._known |= zip(new, found, strict=True)

    async def of(
        self, students: StudentStore, texts: Sequence[str], *, keep: bool = False
    ) -> Vectors:
        """Float32 [texts, width], in the order of `texts`; [0, 0] for none. Args: see `learn`."""
        await self.learn(students, texts, keep=keep)
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        return np.stack([self._known[text] for text in texts])
