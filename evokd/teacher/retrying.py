"""When a request that failed is sent again, and how long that waits."""

from __future__ import annotations

import random
from collections.abc import Callable

import tenacity

from evokd.teacher.faults import Fault, ParameterRefused

LONGEST_BACKOFF_S = 30.0


class _Patience:
    """Ends after so many faults; a parameter that was learnt to be left out is none."""

    def __init__(self, retries: int) -> None:
        self._left = retries

    def __call__(self, state: tenacity.RetryCallState) -> bool:
        if not isinstance(_fault(state), ParameterRefused):
            self._left -= 1
        return self._left < 0


def retrying(
    retries: int, backoff_s: float, tell: Callable[[tenacity.RetryCallState], None]
) -> tenacity.AsyncRetrying:
    """The attempts of one request.

    Args:
        retries: After the first.
        backoff_s: First wait after a fault without Retry-After; doubles up to 30 s, plus jitter.
        tell: Called before each wait.
    """

    def wait(state: tenacity.RetryCallState) -> float:
        fault = _fault(state)
        if fault is not None and fault.retry_after_s is not None:
            return fault.retry_after_s
        doubled = backoff_s * 2.0 ** (state.attempt_number - 1)
        return min(doubled, LONGEST_BACKOFF_S) * random.uniform(1, 1.25)

    return tenacity.AsyncRetrying(
        stop=_Patience(retries),
        retry=tenacity.retry_if_exception(lambda e: isinstance(e, Fault) and e.retry),
        wait=wait,
        before_sleep=tell,
        reraise=True,
    )


def _fault(state: tenacity.RetryCallState) -> Fault | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, Fault) else None
