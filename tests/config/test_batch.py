from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from evokd.config import Endpoint, Price

PRICE = {"prompt": 0.15, "completion": 0.6}


def endpoint(**given: Any) -> Endpoint:
    return Endpoint.model_validate({"model": "m", **given})


def test_a_batch_costs_a_share_of_every_price() -> None:
    assert endpoint(price=PRICE).paid == Price(prompt=0.15, completion=0.6)
    half = endpoint(price=PRICE, batch={}).paid
    assert half == Price(prompt=0.075, completion=0.3)
    third = endpoint(price=PRICE, batch={"price_share": 1 / 3}).paid
    assert third is not None and third.completion == pytest.approx(0.2)


def test_an_unknown_price_stays_unknown() -> None:
    assert endpoint(batch={}).paid is None


def test_endpoints_that_differ_in_their_batches_are_two() -> None:
    assert len({endpoint(), endpoint(batch={}), endpoint(batch={"poll_s": 5})}) == 3


@pytest.mark.parametrize(
    "batch",
    [
        {"window": "1h"},
        {"poll_s": 0},
        {"price_share": 0},
        {"price_share": 1.5},
        {"requests": 50_001},
        {"size": 3},
    ],
)
def test_what_no_batch_can_be(batch: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        endpoint(batch=batch)


@pytest.mark.parametrize("kind", [{"scripted": True}, {"embedded": "smollm2-135m"}])
def test_who_has_no_batch_api(kind: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="leave it out"):
        Endpoint.model_validate({**kind, "batch": {}})


@pytest.mark.parametrize(
    "other",
    [
        {"model": "anthropic:claude-sonnet-4"},
        {"azure": {"endpoint": "https://a.openai.azure.com", "api_version": "2024-10-21"}},
    ],
)
def test_other_providers_have_no_batches_of_openai_s(other: dict[str, Any]) -> None:
    endpoint(**other)
    with pytest.raises(ValidationError, match="no other provider's protocol"):
        endpoint(**other, batch={})
