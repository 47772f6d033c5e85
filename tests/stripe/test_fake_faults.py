"""What goes wrong with calls to Stripe's fake, and what idempotency keys make of it."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from tests.stripe.conftest import client_of
from tests.stripe.fake_server import StripeFake, stripe_fake

DAY = 86_400
NEW = {"amount": 1999, "currency": "eur", "payment_method_types": ["card"]}


def create(client: Any, key: str | None = None, **given: Any) -> Any:
    options = {"idempotency_key": key} if key else {}
    return client.v1.payment_intents.create({**NEW, **given}, options)


def replayed(answer: Any) -> bool:
    return answer.last_response.headers.get("Idempotent-Replayed") == "true"


def intents(fake: StripeFake) -> int:
    return len(fake.books()["intents"])


def eventually(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        threading.Event().wait(0.05)


def found(client: Any, intent: str) -> bool:
    try:
        return bool(client.v1.payment_intents.retrieve(intent).id == intent)
    except stripe.InvalidRequestError as unknown:
        return unknown.code != "resource_missing"


def test_a_key_replays_its_answer_for_a_day(fake: StripeFake, client: Any) -> None:
    first, again = create(client, "day-1"), create(client, "day-1")
    assert (first.id, replayed(first), replayed(again)) == (again.id, False, True)
    original = again.last_response.headers["Original-Request"]
    assert original == first.last_response.headers["Request-Id"]
    fake.order("clock", advance=DAY - 60)
    assert create(client, "day-1").id == first.id
    fake.order("clock", advance=120)
    assert create(client, "day-1").id != first.id


def test_a_key_replays_a_decline_too(fake: StripeFake, client: Any) -> None:
    pay = {"payment_method": "pm_card_chargeDeclined", "confirm": True}
    before = intents(fake)
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            create(client, "decline-1", **pay)
    assert declined.value.headers["Idempotent-Replayed"] == "true"
    assert intents(fake) == before + 1


def test_a_key_is_for_one_request_of_one_account(fake: StripeFake, client: Any) -> None:
    intent = create(client, "one-1")
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        create(client, "one-1", amount=2000)
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        client.v1.payment_intents.cancel(intent.id, {}, {"idempotency_key": "one-1"})
    other = create(client_of(fake.url, fake.other_key), "one-1")
    assert (other.id != intent.id, replayed(other)) == (True, False)


def test_a_request_that_was_not_executed_frees_its_key(client: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        create(client, "free-1", amount=1)
    assert create(client, "free-1").status == "requires_payment_method"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("rate_limited", 429, "rate_limit"),
        ("lock_timeout", 429, "lock_timeout"),
        ("lock_timeout_409", 409, "lock_timeout"),
        ("conflict", 409, "idempotency_key_in_use"),
        ("unavailable", 503, None),
    ],
)
def test_what_is_turned_away_does_nothing_and_stores_nothing(
    fake: StripeFake, client: Any, kind: str, status: int, code: str | None
) -> None:
    before = intents(fake)
    fake.order("next", kind=kind, match="^POST /v1/payment_intents$")
    with pytest.raises(stripe.StripeError) as refused:
        create(client, f"turned-{kind}")
    assert (refused.value.http_status, refused.value.error.code) == (status, code)
    assert (refused.value.headers.get("Retry-After") == "1") == (kind == "rate_limited")
    assert intents(fake) == before
    assert not replayed(create(client, f"turned-{kind}"))


@pytest.mark.parametrize(("kind", "made"), [("error_before", 0), ("error_after", 1)])
def test_a_server_error_is_stored_whether_or_not_it_was_done(
    fake: StripeFake, client: Any, kind: str, made: int
) -> None:
    before = intents(fake)
    fake.order("next", kind=kind)
    for _ in range(3):
        with pytest.raises(stripe.APIError) as failed:
            create(client, f"stored-{kind}")
        assert failed.value.http_status == 500
    assert failed.value.headers["Idempotent-Replayed"] == "true"
    assert intents(fake) == before + made
    assert create(client, f"stored-{kind}-2").status == "requires_payment_method"


@pytest.mark.parametrize(("kind", "made"), [("lost_before", 0), ("lost_after", 1)])
def test_a_lost_answer_leaves_the_caller_not_knowing(
    fake: StripeFake, client: Any, kind: str, made: int
) -> None:
    before = intents(fake)
    fake.order("next", kind=kind)
    with pytest.raises(stripe.APIConnectionError):
        create(client, f"lost-{kind}")
    assert intents(fake) == before + made
    assert replayed(create(client, f"lost-{kind}")) == bool(made)
    assert intents(fake) == before + 1


def test_a_late_answer_is_done_long_before_it_comes(fake: StripeFake, client: Any) -> None:
    hasty = client_of(fake.url, fake.key, timeout=0.3)
    before = intents(fake)
    fake.order("faults", late_seconds=2.0)
    fake.order("next", kind="late")
    with pytest.raises(stripe.APIConnectionError):
        create(hasty, "late-1")
    eventually(lambda: intents(fake) == before + 1)
    assert replayed(create(client, "late-1"))


def test_a_late_effect_holds_its_key_and_comes_after_the_caller_has_gone(
    fake: StripeFake, client: Any
) -> None:
    hasty = client_of(fake.url, fake.key, timeout=0.3)
    before = intents(fake)
    fake.order("faults", late_seconds=3.0)
    fake.order("next", kind="late_effect")
    with pytest.raises(stripe.APIConnectionError):
        create(hasty, "effect-1")
    assert intents(fake) == before
    with pytest.raises(stripe.APIError) as in_use:
        create(client, "effect-1")
    assert (in_use.value.http_status, in_use.value.error.code) == (409, "idempotency_key_in_use")
    eventually(lambda: intents(fake) == before + 1)
    assert replayed(create(client, "effect-1"))
    assert intents(fake) == before + 1


def test_what_was_created_is_not_found_at_first(fake: StripeFake, client: Any) -> None:
    fake.order("faults", hidden_seconds=2.0)
    fake.order("next", kind="not_found", match="POST")
    intent = create(client)
    assert not found(client, intent.id)
    assert intent.id not in [each.id for each in client.v1.payment_intents.list().data]
    eventually(lambda: found(client, intent.id))


@pytest.mark.parametrize("kind", ["refuse", "hang", "503"])
def test_an_outage_ends_when_the_fake_is_told_so(fake: StripeFake, client: Any, kind: str) -> None:
    fake.order("faults", late_seconds=0.1)
    fake.order("outage", kind=kind)
    for _ in range(2):
        with pytest.raises((stripe.APIConnectionError, stripe.APIError)):
            create(client)
    fake.order("outage", kind=None)
    assert create(client).id


def test_two_at_once_with_one_key_make_one_intent(fake: StripeFake, client: Any) -> None:
    before = intents(fake)

    def at_once(_: int) -> str:
        try:
            return str(create(client_of(fake.url, fake.key), "twice-1").id)
        except stripe.APIError as in_use:
            return str(in_use.error.code)

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(at_once, range(40)))
    assert intents(fake) == before + 1
    assert len(answers - {"idempotency_key_in_use"}) == 1


def test_a_payment_may_stay_in_processing_and_then_fail(fake: StripeFake, client: Any) -> None:
    pay = {"payment_method": "pm_card_visa", "confirm": True}
    fake.order("settings", processing_rate=1, processing_seconds=60)
    good = create(client, **pay)
    fake.order("settings", processing_fails_rate=1)
    bad = create(client, **pay)
    fake.order("settings", processing_rate=0, processing_fails_rate=0)
    assert (good.status, bad.status) == ("processing", "processing")
    for call in (client.v1.payment_intents.confirm, client.v1.payment_intents.cancel):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call(good.id)
        assert refused.value.code == "payment_intent_unexpected_state"
    fake.order("clock", advance=61)
    seen = [client.v1.payment_intents.retrieve(each.id).status for each in (good, bad)]
    assert seen == ["succeeded", "requires_payment_method"]


def test_rates_are_seeded_so_that_a_run_can_be_repeated() -> None:
    rates = {"rate_limited": 0.2, "error_after": 0.2, "lost_after": 0.2}

    def run() -> list[str]:
        with stripe_fake("--seed", "11") as fake:
            client, seen = client_of(fake.url, fake.key), []
            fake.order("faults", rates=rates)
            for no in range(40):
                try:
                    seen.append(create(client, f"seeded-{no}").id)
                except stripe.StripeError as fault:
                    seen.append(type(fault).__name__)
            return seen

    first = run()
    assert first == run()
    assert {"RateLimitError", "APIError", "APIConnectionError"} < set(first)


def test_wrong_orders_are_refused(fake: StripeFake) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("faults", {"rates": {"meteor": 0.1}}),
        ("faults", {"rates": {"late": 0.7, "conflict": 0.7}}),
        ("next", {"kind": "meteor"}),
        ("outage", {"kind": "meteor"}),
        ("clock", {"advance": -1}),
        ("settings", {"meteor": 1}),
        ("webhooks", {"url": "http://example.com/", "secrets": ["s"], "account": "a"}),
        ("meteor", {}),
    ]
    for path, given in wrong:
        with pytest.raises(ValueError, match="wrong"):
            fake.order(path, **given)


def test_the_fake_ends_with_who_started_it() -> None:
    with stripe_fake() as fake:
        assert fake.read("calls") == {"counts": {}, "last": []}
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{fake.url}/_fake/books", timeout=2)
