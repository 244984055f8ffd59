"""Names of classes, entity types and heads: which is meant, and which two can't be told apart.

Models and files write names as they like: `NEGATIVE` for `negative`, a space at the end, é as one
character or as two. A name is looked for in three ways, and the first that finds one decides:

1. as it is;
2. by what can be seen: in NFC, any white space as one space, none at the ends, and without control
   and format characters;
3. without case and width: in NFKC, case folded, with one sort of i (Turkish İ and ı are the capital
   of one letter and the small form of another).

Only one may fit: with `US` and `us`, `Us` is neither. Of two names that are equal in the second way
nobody who reads a prompt can tell which is asked for, so a config that has both is refused.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

_WHOLE = re.compile(r"([-+]?\d+)\.0+")


def is_invisible(character: str) -> bool:
    """Control and format characters that are no white space, and variation selectors."""
    return (unicodedata.category(character) in ("Cc", "Cf") and not character.isspace()) or (
        "\ufe00" <= character <= "\ufe0f"
    )


def seen(name: str) -> str:
    """A name as a reader sees it: the second way."""
    bare = "".join(character for character in name if not is_invisible(character))
    return " ".join(unicodedata.normalize("NFC", bare).split())


@functools.lru_cache(maxsize=4096)  # a labeler's tokens are held against the same few words
def folded(name: str) -> str:
    """A name without case and width: the third way."""
    wide = unicodedata.normalize("NFKC", seen(name)).casefold()
    return unicodedata.normalize("NFKC", wide.replace("i\u0307", "i").replace("ı", "i"))


def whole(value: str) -> str:
    """A value of the data, bare; a whole number without the `.0` that tables give it."""
    bare = seen(value)
    found = _WHOLE.fullmatch(bare)
    return found[1] if found else bare


class Names:
    """Some names, to be found again in what somebody wrote."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = dict.fromkeys(names)

    def fits(self, said: str, *, any_case: bool = True) -> tuple[str, ...]:
        """The names that may be meant: one, none, or several that can't be told apart in this.

        Args:
            said: What was written.
            any_case: Whether the third way counts, too.
        """
        if said in self._names:
            return (said,)
        found = self._seen.get(seen(said), ())
        return found or (self._folded.get(folded(said), ()) if any_case else ())

    @functools.cached_property
    def _seen(self) -> Mapping[str, tuple[str, ...]]:
        return self._by(seen)

    @functools.cached_property
    def _folded(self) -> Mapping[str, tuple[str, ...]]:
        return self._by(folded)

    def _by(self, way: Callable[[str], str]) -> Mapping[str, tuple[str, ...]]:
        groups: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
        for name in self._names:
            groups[way(name)] += (name,)
        return dict(groups)


def check_names(names: Iterable[str], what: str) -> None:
    """Refuse names that a reader can't see, or can't tell apart.

    Args:
        names: Of one set.
        what: They are, in the singular.

    Raises:
        ValueError: naming them, escaped, since they look alike.
    """
    met: dict[str, str] = {}
    for name in names:
        bare = seen(name)
        if not bare:
            raise ValueError(f"a {what}'s name is empty")
        if bare in met:
            raise ValueError(
                f"the {what}s {met[bare]!a} and {name!a} look the same (spaces, characters that"
                " can't be seen, or é as one character and as two); keep one of them"
            )
        met[bare] = name
