"""Batches: which roles of a method may be asked by them, and what its user should know of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from evokd.config import ConfigError, Role, Teachers

if TYPE_CHECKING:
    from graph.core.method import Method


def by_batches(teachers: Teachers, roles: Iterable[Role]) -> list[Role]:
    """Of some roles those that have an endpoint which is asked by batches."""
    return [role for role in roles if any(one.batch for one in teachers.of(role))]


def check_batches(method: Method) -> None:
    """Refuse to wait hours at every turn of a method that has many.

    Raises:
        ConfigError: naming the roles, and what to do.
    """
    wrong = [
        role
        for role in by_batches(method.config.teachers, method.roles)
        if role not in method.batched
    ]
    if not wrong:
        return
    fit = [role for role in method.roles if role in method.batched]
    instead = (
        f"of its roles {' and '.join(fit)} may be: say `batch` under"
        f" {' and '.join(f'`teachers.{role}`' for role in fit)} alone"
        if fit
        else "leave it out (a batch is for zerogen and its kin, auggpt, pool and dasd)"
    )
    raise ConfigError(
        f"teachers: batch: method {method.name} waits for the turns of"
        f" {', '.join(wrong)}, and each would take a batch, up to 24 hours: {instead}"
    )


def batch_remarks(method: Method) -> list[str]:
    """What it means that some roles are asked by batches."""
    found = []
    for role in by_batches(method.config.teachers, method.roles):
        shares = {one.batch.price_share for one in method.config.teachers.of(role) if one.batch}
        share = " and ".join(f"{one:g}" for one in sorted(shares))
        found.append(
            f"teachers.{role}: batch: each step waits for a batch (minutes to 24 h), at {share} of"
            " the price; Ctrl-C twice leaves it to the server, `evokd resume` takes it up"
        )
    return found
