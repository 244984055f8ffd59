"""Where a push goes: the repository, the hub's address, and the token that opens it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from evokd.config import ConfigError

RepoKind = Literal["model", "dataset"]
TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
"""Variables that the hub's client takes a token from."""
NO_TOKEN = (
    "no token: set HF_TOKEN, or log in once with `hf auth login` (a token that may write:"
    " https://huggingface.co/settings/tokens)"
)


@dataclass(frozen=True)
class Repo:
    """A repository of the hub."""

    name: str
    """owner/name."""
    kind: RepoKind
    private: bool
    """Whether it is made private, and refused when it is there and public."""

    def url(self, endpoint: str) -> str:
        """Its page."""
        return f"{endpoint}/{'datasets/' if self.kind == 'dataset' else ''}{self.name}"


def repo_of(to: str, kind: RepoKind, private: bool) -> Repo:
    """The repository that `--to` names.

    Raises:
        ConfigError: it is no name that the hub takes.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    expected = "expected owner/name, as in alice/reviews-student"
    if to.count("/") != 1 or not re.fullmatch(r"[\w.-]+/[\w.-]+", to, re.ASCII):
        raise ConfigError(f"--to {to}: {expected}")
    try:
        for part in to.split("/"):
            validate_repo_id(part)
        validate_repo_id(to)
    except HFValidationError as error:
        raise ConfigError(f"--to {to}: {expected} ({error})") from None
    return Repo(to, kind, private)


def endpoint_of() -> str:
    """The hub's address: HF_ENDPOINT, else the public one.

    Raises:
        ConfigError: HF_ENDPOINT is no address, or holds a password.
    """
    from huggingface_hub import constants

    given = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).strip().rstrip("/")
    try:
        parts = urlsplit(given)
        host, password, _ = parts.hostname, parts.password or parts.username, parts.port
    except ValueError:
        host, password = None, None
    if password:  # it would be printed, and would stand in the place of the token
        raise ConfigError("HF_ENDPOINT: holds a name or a password; the token opens the hub")
    if not host or parts.scheme not in ("http", "https"):
        raise ConfigError(f"HF_ENDPOINT: expected http(s)://host, got {given!r}")
    return given


def token_source() -> str | None:
    """Where a token would be taken from, without taking it; None: there is none."""
    from huggingface_hub import constants

    for name in (*TOKENS, "HF_OIDC_RESOURCE"):
        if os.environ.get(name, "").strip():
            return name
    try:
        logged_in = bool(Path(constants.HF_TOKEN_PATH).read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return None
    return "the hub's login" if logged_in else None


def take_token() -> str:
    """The token, by the hub's own rules: the environment first, then its login.

    Raises:
        ConfigError: there is none, or its provider failed.
    """
    from huggingface_hub import get_token

    try:
        token = get_token()
    except Exception as error:  # providers of tokens have types of their own
        raise ConfigError(f"the token can't be had ({error}); {NO_TOKEN}") from None
    if not token:
        raise ConfigError(NO_TOKEN)
    return token
