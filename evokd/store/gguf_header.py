"""What a GGUF says of itself: parameters, context, chat template. No weight is read.

`gguf.GGUFReader` makes an array of each word of the vocabulary, which takes ten seconds for
150,000 of them; ours steps over arrays. The rest of its checks stay: a file that is none, or is
cut off, is found out here and not by llama.cpp, which would end the process.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evokd.config import ConfigError


@dataclass(frozen=True, slots=True)
class GGUFHeader:
    """The part of a GGUF that decides how it is used."""

    parameters: int
    """Elements of all its tensors."""
    context: int | None
    """Tokens that the model was trained to see at once; None where the file does not say."""
    chat_template: bool
    """Whether a chat can be put into the model's own form."""


def read_header(path: Path) -> GGUFHeader:
    """The header of a GGUF; a file that did not change is read once a process.

    Raises:
        ConfigError: no such file, no GGUF, one that is cut off or damaged.
    """
    try:
        state = path.stat()
        if not path.is_file():
            raise ConfigError(f"{path}: is no file")
        return _read(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"{path}: can't be read ({reason})") from None


@functools.lru_cache(64)
def _read(path: Path, size: int, _changed_ns: int) -> GGUFHeader:
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ConfigError(f"{path}: is no GGUF (it does not begin with those four letters)")
    try:
        return _header(_reader()(path))
    except OSError:
        raise
    except Exception as error:  # what numpy and gguf raise at the end of a file has many types
        raise ConfigError(
            f"{path}: is a GGUF that is cut off or damaged ({size:,} bytes; {_line(error)});"
            " fetch it again"
        ) from None


def _header(reader: Any) -> GGUFHeader:
    architecture = _value(reader, "general.architecture")
    context = _value(reader, f"{architecture}.context_length")
    return GGUFHeader(
        parameters=sum(int(tensor.n_elements) for tensor in reader.tensors),
        context=int(context) if isinstance(context, int) else None,
        chat_template=bool(_value(reader, "tokenizer.chat_template")),
    )


def _value(reader: Any, key: str) -> Any:
    field = reader.get_field(key)
    return None if field is None else field.contents()


def _line(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:120]


@functools.cache
def _reader() -> Any:
    """The one of the package, without what is in arrays; imported late: it brings numpy."""
    from gguf import GGUFReader, GGUFValueType

    class HeaderReader(GGUFReader):  # type: ignore[misc, unused-ignore]  # gguf may come untyped
        def _get_field_parts(self, orig_offs: int, raw_type: int) -> Any:
            if GGUFValueType(raw_type) != GGUFValueType.ARRAY:
                return super()._get_field_parts(orig_offs, raw_type)
            item, count = (int(self._get(orig_offs + at, kind)[0]) for at, kind in _ARRAY)
            start = orig_offs + 12
            kind = GGUFValueType(item)
            if kind == GGUFValueType.STRING:
                end = _past_strings(self.data.data, start, count, self.byte_order)
            elif (scalar := self.gguf_scalar_to_np.get(kind)) is not None:
                end = start + count * scalar().nbytes
            else:
                raise ValueError("an array of arrays")
            if end > len(self.data):
                raise ValueError("an array goes on behind the end of the file")
            return end - orig_offs, [], [], [GGUFValueType.ARRAY]

    return HeaderReader


_ARRAY = ((0, "<u4"), (4, "<u8"))
"""Type of the items, and how many."""


def _past_strings(data: memoryview, start: int, count: int, order: str) -> int:
    """Where so many strings end: each has its length before it."""
    length = struct.Struct("<Q" if order == "I" else ">Q").unpack_from
    for _ in range(count):
        start += 8 + length(data, start)[0]
    return start
