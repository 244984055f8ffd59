"""Rows out of a file or a hub data set, read by Hugging Face `datasets`.

Nothing is guessed: a label `01` stays `01`, a text `NA` is a text, a column of dates is text too.
Nothing is left behind: local data is cached in a temporary folder that is gone when this returns,
so processes that read the same file never meet. Hub data sets stay in the user's own cache.
"""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from logging import CRITICAL
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from evokd.config import ConfigError, DataConfig
from evokd.config.nearest import did_you_mean
from evokd.tasks.files import csv_columns, json_rows

if TYPE_CHECKING:
    from datasets.arrow_dataset import Dataset

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")
S = TypeVar("S", bound=str)

_READERS = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}


@dataclass(frozen=True, slots=True)
class DataTable:
    """One split before its labels are checked."""

    origin: str
    """Config field and file or hub split, the beginning of every message about the rows."""
    rows: tuple[dict[str, Any], ...]
    """Each row by field of `task.data`, values as typed in the data; a class number is already its
    name."""


Columns = Mapping[str, str]
"""Field of `task.data` → column."""
POOL = "pool"
"""Field of `task.data`: rows without labels, which are no split of the task."""


def load_tables(data: DataConfig, columns: Columns) -> dict[Split, DataTable]:
    """Read `columns` of train and, where the config names them, of test and dev.

    Raises:
        ConfigError: naming field, file, row and what was expected.
    """
    named: dict[Split, str] = {
        split: value for split in SPLITS if (value := getattr(data, split)) is not None
    }
    if data.hub:
        return _hub_tables(data, columns, data.hub, named)
    return {
        split: _file_table(columns, f"task.data.{split}: {value}", Path(value))
        for split, value in named.items()
    }


def load_pool(data: DataConfig, columns: Columns) -> DataTable:
    """Read `columns` of the pool, which the config names.

    Raises:
        ConfigError: naming field, file, row and what was expected.
    """
    assert data.pool is not None
    if data.hub:
        return _hub_tables(data, columns, data.hub, {POOL: data.pool})[POOL]
    return _file_table(columns, f"task.data.{POOL}: {data.pool}", Path(data.pool))


def load_file(path: Path) -> DataTable:
    """Read every column of a file, by name, before there is a config.

    Raises:
        ConfigError: naming file, row and what was expected.
    """
    return _file_table(None, str(path), path)


def _file_table(columns: Columns | None, origin: str, path: Path) -> DataTable:
    reader = _READERS.get(path.suffix.lower())
    try:
        size, folder = path.stat().st_size, path.is_dir()
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(f"{origin}: no such file") from None
    except OSError as error:
        raise ConfigError(f"{origin}: can't be read ({error.strerror})") from None
    if folder:
        raise ConfigError(f"{origin}: is a folder; expected a file (a folder goes to `hub`)")
    if reader is None:
        raise ConfigError(f"{origin}: expected a name that ends in {', '.join(_READERS)}")
    if size == 0:
        raise ConfigError(f"{origin}: the file is empty")
    if reader == "json":
        return _json_table(columns, path, origin)
    options: dict[str, Any] = {}
    if reader == "csv":
        found = csv_columns(path, origin, _delimiter(path))
        columns = columns or dict(zip(found, found, strict=True))
        _require_columns(columns, dict.fromkeys(found), origin)
        options = _csv_options(columns, path)
    try:
        dataset = _read_file(reader, path, options)
    except Exception as error:  # whatever its readers raise
        raise ConfigError(f"{origin}: can't be read as {reader}: {_reason(error)}") from None
    return _table(columns, dataset, origin)


def _json_table(columns: Columns | None, path: Path, origin: str) -> DataTable:
    if columns is None:
        rows = json_rows(path, origin)
        names = {name: None for row in rows for name in row}
        return DataTable(origin, tuple({name: row.get(name) for name in names} for row in rows))
    try:
        # `parse_agent_traces` would replace the rows of files that look like a chat agent's log.
        dataset = _read_file("json", path, {"parse_agent_traces": False})
        if _plainly_typed(columns, dataset):
            return _table(columns, dataset, origin)
    except ConfigError:
        raise
    except Exception:  # whatever its reader raises; the plain reader knows which row is wrong
        pass
    rows = json_rows(path, origin)
    _require_columns(columns, {name: None for row in rows for name in row}, origin)
    return DataTable(
        origin,
        tuple({field: row.get(name) for field, name in columns.items()} for row in rows),
    )


def _plainly_typed(columns: Columns, dataset: Dataset) -> bool:
    """False where a column may hold other values than the file: dates, mixed types, mappings."""
    types = {str(getattr(dataset.features.get(name), "dtype", "")) for name in columns.values()}
    return types <= {"string", "large_string", "int64", "bool"}


def _delimiter(path: Path) -> str:
    return "\t" if path.suffix.lower() == ".tsv" else ","


def _csv_options(columns: Columns, path: Path) -> dict[str, Any]:
    from datasets.features import Features

    text_type = {"dtype": "string", "_type": "Value"}
    return {
        "features": Features.from_dict(dict.fromkeys(columns.values(), text_type)),
        "keep_default_na": False,
        "index_col": False,
        "sep": _delimiter(path),
    }


def _read_file(reader: str, path: Path, options: Mapping[str, Any]) -> Dataset:
    from datasets.load import load_dataset

    with _quiet(), _scratch() as cache:
        dataset: Dataset = load_dataset(
            reader,
            data_files=glob.escape(str(path)),
            split="train",
            cache_dir=cache,
            keep_in_memory=True,
            **options,
        )
        return dataset


def _hub_tables(
    data: DataConfig, columns: Columns, hub: str, named: Mapping[S, str]
) -> dict[S, DataTable]:
    from datasets.load import load_dataset

    local = Path(hub).is_dir()
    where = f"task.data.hub: {hub}" + (f" ({data.subset})" if data.subset else "")
    with _quiet(), _scratch() as cache:
        try:
            found = load_dataset(
                hub,
                data.subset,
                split=list(named.values()),
                cache_dir=cache if local else None,
                keep_in_memory=local,
            )
        except Exception as error:  # whatever the hub's client and the readers raise
            raise ConfigError(
                f"{where}: can't be loaded as splits {', '.join(named.values())}: {_reason(error)}"
                f"{_no_test(named, _reason(error))}"
            ) from None
        return {
            split: _table(columns, dataset, f"{where}, split {named[split]}")
            for split, dataset in zip(named, found, strict=True)
        }


def _no_test(named: Mapping[S, str], reason: str) -> str:
    """What to do about a data set that has no split for tests."""
    split = next((name for of, name in named.items() if of == "test"), None)
    if split is None or repr(split).replace("'", '"') not in reason:
        return ""
    return "; where there is none for tests, `task.data.test: null` splits one off train"


def _table(columns: Columns | None, dataset: Dataset, origin: str) -> DataTable:
    if columns is None:
        columns = dict(zip(dataset.column_names, dataset.column_names, strict=True))
    _require_columns(columns, dict.fromkeys(dataset.column_names), origin)
    if not len(dataset):
        raise ConfigError(f"{origin}: has no rows")
    found = dataset.select_columns(list(dict.fromkeys(columns.values())))[:]
    values = [_named(found[name], dataset.features[name]) for name in columns.values()]
    return DataTable(
        origin, tuple(dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True))
    )


def _named(values: list[Any], feature: Any) -> list[Any]:
    """A column with the names of classes in place of their numbers, in lists of them too."""
    names = getattr(feature, "names", None)
    if names is not None:
        return [_class_name(value, names) for value in values]
    names = getattr(getattr(feature, "feature", None), "names", None)
    if names is not None:
        return [value and [_class_name(one, names) for one in value] for value in values]
    return values


def _class_name(value: Any, names: list[str]) -> Any:
    # -1 stands for "no label" in hub test sets: it must not count from the end, and stays for
    # `no_label` to name.
    return names[value] if isinstance(value, int) and value >= 0 else value


def _require_columns(columns: Columns, found: Mapping[str, None], origin: str) -> None:
    for field, name in columns.items():
        if name not in found:
            raise ConfigError(
                f"{origin}: has no column {name!r} ({_place(field)}); "
                f"found {', '.join(map(repr, found)) or 'none'}{did_you_mean(name, found)}"
            )


def _place(field: str) -> str:
    """Where in the config a column is named."""
    if field.startswith("methods."):  # one that a method alone reads
        return field
    return f"task.{field}" if "." in field else f"task.data.{field}"  # a head's stands with it


def _reason(error: BaseException) -> str:
    """The innermost cause, on one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())[:300] or type(error).__name__


def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="evokd-", ignore_cleanup_errors=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars and no log lines of `datasets`: its failures come back as our message."""
    from datasets.utils import logging
    from datasets.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    verbosity, bars = logging.get_verbosity(), not are_progress_bars_disabled()
    logging.set_verbosity(CRITICAL)
    disable_progress_bars()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            enable_progress_bars()
