"""What a push carries: every file, what stays behind, and what keeps it from going."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evokd.hub.address import Repo

CARD = "README.md"


@dataclass(frozen=True)
class Piece:
    """One file of the repository."""

    name: str
    """Path in the repository."""
    content: Path | bytes
    """The file as it lies on disk, or what is sent in its place."""
    note: str = ""
    """What a person should know of it."""

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


@dataclass(frozen=True)
class Parcel:
    """All of a push."""

    repo: Repo
    title: str
    """What it is, in a few words; the message of the commit."""
    pieces: tuple[Piece, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    """(file, why it stays)."""
    refused: tuple[str, ...] = ()
    """Why nothing may go, a reason each, with what to do; empty: it may."""
    notes: tuple[str, ...] = ()

    @property
    def card(self) -> str:
        """README.md as it goes."""
        for piece in self.pieces:
            if piece.name == CARD and isinstance(piece.content, bytes):
                return piece.content.decode("utf-8")
        return ""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(piece.size for piece in self.pieces)
