"""Sending a parcel by the hub's own client, again where the hub failed.

Each attempt is the whole push: make the repository unless it is there, look at it, one commit. The
client asks the hub which files it has and sends the others, so an attempt goes on where the one
before it ended, as does the same command on another day.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from logging import ERROR
from typing import TYPE_CHECKING, Any

import tenacity

from evokd.config import RunError
from evokd.hub.parcel import Parcel
from evokd.hub.trouble import ATTEMPTS, explained, hidden, passing, said

if TYPE_CHECKING:
    from huggingface_hub import HfApi

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 20.0
Tell = Callable[[str], None]


class HubError(RunError):
    """The hub can't be reached, refuses, or failed again and again; what went is not lost."""


@dataclass(frozen=True)
class Pushed:
    """What came of a push."""

    url: str
    """Of the repository."""
    commit: str
    """Its last commit."""
    changed: bool
    """False: the hub had all of it already, and no commit was made."""
    private: bool
    """What the repository is, whatever was asked for."""
    remarks: tuple[str, ...] = ()


def send(parcel: Parcel, endpoint: str, token: str, tell: Tell) -> Pushed:
    """Push a parcel; `tell` hears of each attempt that failed.

    Raises:
        HubError: what the hub said, and what to do.
    """
    from huggingface_hub import HfApi

    name = "evokd"
    api = HfApi(endpoint, token, library_name=name, library_version=version(name))

    def again(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error is not None:
            wait = state.next_action.sleep if state.next_action else 0
            tell(f"{hidden(said(error), token)}; again in {wait:.0f} s")

    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_exponential(FIRST_WAIT_S, LONGEST_WAIT_S),
        retry=tenacity.retry_if_exception(passing),
        before_sleep=again,
        reraise=True,
    )
    with _quiet() as remarks:
        try:
            pushed = retrying(_attempt, api, parcel, endpoint)
        except HubError:
            raise
        except Exception as error:  # the hub's client, its transport and the system have their own
            raise HubError(hidden(explained(error, parcel, endpoint), token)) from None
    return replace(pushed, remarks=tuple(hidden(one, token) for one in remarks))


def _attempt(api: HfApi, parcel: Parcel, endpoint: str) -> Pushed:
    repo = parcel.repo
    where: dict[str, Any] = {"repo_id": repo.name, "repo_type": repo.kind}
    api.create_repo(**where, private=True if repo.private else None, exist_ok=True)
    there = api.repo_info(**where)
    if repo.private and not there.private:
        raise HubError(
            f"{repo.url(endpoint)} is there and public, and --private does not change that: make it"
            " private in its settings, or name another; nothing was sent"
        )
    commit = api.create_commit(
        **where,
        operations=[*_additions(parcel), *_deletions(parcel, there)],
        commit_message=f"evokd push: {parcel.title}",
    )
    private = bool(there.private)
    return Pushed(repo.url(endpoint), commit.oid, commit.oid != there.sha, private)


def _additions(parcel: Parcel) -> Iterator[Any]:
    """Anew for each attempt: the client marks them as it goes."""
    from huggingface_hub import CommitOperationAdd

    for piece in parcel.pieces:
        yield CommitOperationAdd(path_in_repo=piece.name, path_or_fileobj=piece.content)


def _deletions(parcel: Parcel, there: Any) -> Iterator[Any]:
    """Parts of an earlier data set: `load_dataset` would read them beside ours."""
    from huggingface_hub import CommitOperationDelete

    if parcel.repo.kind != "dataset":
        return
    ours = {piece.name for piece in parcel.pieces}
    for file in there.siblings or ():
        name = file.rfilename
        if name.startswith("data/") and name.endswith(".parquet") and name not in ours:
            yield CommitOperationDelete(path_in_repo=name)


@contextlib.contextmanager
def _quiet() -> Iterator[list[str]]:
    """The client's warnings become remarks; its log, which has addresses of uploads, is off."""
    from huggingface_hub.utils import logging
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    remarks: list[str] = []
    before, bars = logging.get_verbosity(), not are_progress_bars_disabled()
    logging.set_verbosity(ERROR)
    if not sys.stderr.isatty():
        disable_progress_bars()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield remarks
            # others are about the client's own code
            remarks += [str(one.message) for one in caught if one.category is UserWarning]
    finally:
        logging.set_verbosity(before)
        if bars:
            enable_progress_bars()
