"""The webhooks of Stripe's fake, checked by the official library."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from tests.stripe.conftest import client_of
from tests.stripe.fake_server import StripeFake, stripe_fake

SECRET = "whsec_first"


class Receiver:
    """A shop's endpoint that keeps what it gets, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((body, self.headers["Stripe-Signature"]))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def events(self, secret: str = SECRET) -> list[Any]:
        """What was got and is authentic."""
        found = []
        for body, signature in list(self.got):
            try:
                stripe.WebhookSignature.verify_header(body.decode(), signature, secret, 300)
                found.append(json.loads(body))
            except stripe.SignatureVerificationError:
                continue
        return found

    def types(self) -> list[str]:
        return [each["type"] for each in self.events()]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def hooked(receiver: Receiver) -> Iterator[tuple[StripeFake, Any]]:
    with stripe_fake("--seed", "5") as fake:
        fake.order("webhooks", url=receiver.url, secrets=[SECRET], account=fake.account)
        yield fake, client_of(fake.url, fake.key)


def pay(client: Any) -> Any:
    params = {"amount": 700, "currency": "eur", "payment_method_types": ["card"]}
    return client.v1.payment_intents.create(
        {**params, "payment_method": "pm_card_visa", "confirm": True}
    )


def settled(fake: StripeFake, done: Callable[[], bool] = lambda: True) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if fake.read("webhooks")["pending"] == 0 and done():
            return
        threading.Event().wait(0.02)
    raise AssertionError("webhooks are still on their way")


STORY = {"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}


def test_events_arrive_signed_as_the_official_library_wants_it(
    hooked: tuple[StripeFake, Any], receiver: Receiver
) -> None:
    fake, client = hooked
    intent = pay(client)
    settled(fake)
    assert set(receiver.types()) == STORY
    body, signature = receiver.got[0]
    event = stripe.Webhook.construct_event(body, signature, SECRET)
    assert (event.object, event.livemode) == ("event", False)
    assert intent.id in {each["data"]["object"]["id"] for each in receiver.events()}
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, "whsec_other")


def test_during_rotation_both_secrets_sign(
    hooked: tuple[StripeFake, Any], receiver: Receiver
) -> None:
    fake, client = hooked
    endpoint = fake.read("webhooks")["endpoints"][0]["id"]
    fake.order("webhooks/change", id=endpoint, secrets=["whsec_second", SECRET])
    pay(client)
    settled(fake)
    assert len(receiver.events()) == len(receiver.events("whsec_second")) == 3
    fake.order("webhooks/change", id=endpoint)
    pay(client)
    settled(fake)
    assert len(receiver.got) == 3


def test_what_is_not_taken_is_sent_again(
    hooked: tuple[StripeFake, Any], receiver: Receiver
) -> None:
    fake, client = hooked
    fake.order("webhooks/faults", retry_seconds=[0.05, 0.05])
    receiver.answers = [500, 302, 400]
    pay(client)
    settled(fake)
    ids = [each["id"] for each in receiver.events()]
    assert (len(set(ids)), len(ids)) == (3, 6)


def test_events_may_be_lost_doubled_and_late(
    hooked: tuple[StripeFake, Any], receiver: Receiver
) -> None:
    fake, client = hooked
    fake.order("webhooks/faults", rates={"lost": 1})
    pay(client)
    settled(fake)
    assert receiver.got == []
    assert fake.order("webhooks/resend", types=["payment_intent.succeeded"]) == {"sent": 1}
    settled(fake)
    assert receiver.types() == ["payment_intent.succeeded"]
    receiver.got.clear()
    fake.order("webhooks/faults", rates={"doubled": 1, "late": 1}, late_seconds=1.5,
               spread_seconds=0.1)  # fmt: skip
    pay(client)
    assert receiver.got == []
    settled(fake)
    ids = [each["id"] for each in receiver.events()]
    assert (len(set(ids)), len(ids)) == (3, 6)


def test_events_may_overtake_one_another(
    hooked: tuple[StripeFake, Any], receiver: Receiver
) -> None:
    fake, client = hooked
    fake.order("webhooks/faults", rates={"reordered": 1}, spread_seconds=0.5)
    for _ in range(5):
        pay(client)
    settled(fake)
    happened = [each.id for each in client.v1.events.list({"limit": 100}).data][::-1]
    arrived = [each["id"] for each in receiver.events()]
    assert sorted(arrived) == sorted(happened)
    assert arrived != happened


def test_deliveries_that_must_not_be_believed_come_beside_the_true_ones(
    hooked: tuple[StripeFake, Any], receiver: Receiver
) -> None:
    fake, client = hooked
    kinds = ("other_account", "other_mode", "wrong_secret", "stale")
    fake.order("webhooks/faults", rates=dict.fromkeys(kinds, 1))
    intent = pay(client)
    settled(fake)
    assert len(receiver.got) == 15
    events = receiver.events()
    true = [each for each in events if "account" not in each and not each["livemode"]]
    assert {each["type"] for each in true} == STORY
    strange = [each for each in events if each not in true]
    assert len(strange) == 6
    assert intent.id not in {each["data"]["object"]["id"] for each in strange}
    assert sum("account" in each for each in strange) == 3
    assert sum(each["livemode"] for each in strange) == 3


def test_a_test_can_forge_any_event(hooked: tuple[StripeFake, Any], receiver: Receiver) -> None:
    fake, _ = hooked
    fake.order("webhooks/forge", body={"id": "evt_x", "type": "t"}, secret="whsec_other")
    fake.order("webhooks/forge", body={"id": "evt_y", "type": "t"}, age=-900)
    fake.order("webhooks/forge", body="not JSON")
    settled(fake)
    assert len(receiver.got) == 3
    assert len(receiver.events("whsec_other")) == 1


def test_each_endpoint_gets_what_its_account_and_its_list_say(
    hooked: tuple[StripeFake, Any], receiver: Receiver
) -> None:
    fake, _ = hooked
    other = client_of(fake.url, fake.other_key)
    pay(other)
    settled(fake)
    assert receiver.got == []
    fake.order(
        "webhooks",
        url=receiver.url,
        secrets=[SECRET],
        account=fake.other_account,
        events=["charge.succeeded"],
    )
    pay(other)
    settled(fake)
    assert receiver.types() == ["charge.succeeded"]
