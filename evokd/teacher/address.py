"""Addresses under a `base_url`, whose query (`?api-version=…`) stays behind the path."""

from __future__ import annotations

import urllib.parse


def under(base_url: str, path: str) -> str:
    """The address of a path below the base: `…/v1?a=b` and `models` are `…/v1/models?a=b`."""
    parts = urllib.parse.urlsplit(base_url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{path}").geturl()


def beside(base_url: str, path: str) -> str:
    """The address of a path beside the base's `/v1`, where servers put what OpenAI has not."""
    parts = urllib.parse.urlsplit(base_url)
    root = parts.path.rstrip("/").removesuffix("/v1")
    return parts._replace(path=f"{root}/{path}").geturl()


def split(base_url: str) -> tuple[str, dict[str, str]]:
    """The address without its query, and the query: OpenAI's client wants them apart."""
    parts = urllib.parse.urlsplit(base_url)
    query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
    return parts._replace(query="", fragment="").geturl(), query
