"""Which errors of the hub's client are tried again, and what is read off them."""

from __future__ import annotations

import json

import httpx2
import pytest

from evokd.hub.trouble import passing, said


def raised(inner: Exception, outer: BaseException) -> BaseException:
    """The outer one, as it comes out of the handling of the inner one."""
    try:
        try:
            raise inner
        except Exception:
            raise outer  # noqa: B904 - the context alone, as in a wait between two tries
    except BaseException as error:
        return error


CUT = httpx2.ConnectError("cut")


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (CUT, True),
        (raised(CUT, RuntimeError("Error while uploading")), True),
        (json.JSONDecodeError("no JSON", "<html>", 0), True),
        (raised(CUT, KeyboardInterrupt()), False),
        (ValueError("a bad name"), False),
        (PermissionError("no"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: BaseException, again: bool) -> None:
    assert passing(error) == again


def test_the_innermost_speaks_and_no_signature_is_told() -> None:
    inner = httpx2.ReadError("no answer from http://store/x?X-Amz-Signature=opensesame")
    text = said(raised(inner, RuntimeError("Error while uploading 'x'")))
    assert text == "ReadError: no answer from http://store/x"
