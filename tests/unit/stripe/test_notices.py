"""What Stripe sends is believed to be Stripe's only if it is signed so, and now."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import stripe

from commerce_core.payment import Delivery, NotAuthentic, Notice
from commerce_stripe.notices import StripeNotices, secrets_in

NOW: Final = datetime(2031, 5, 1, 12, tzinfo=UTC)  # no clock of this machine says so
OLD, NEW = "whsec_old", "whsec_new"
MARKS: Final = {"shop": "shop", "order": "order-1", "buyer": "buyer-1"}


def event(**fields: Any) -> dict[str, Any]:
    """``payment_intent.succeeded``; everything else unless given."""
    thing = {"object": "payment_intent", "id": "pi_1", "amount": 5, "metadata": MARKS}
    plain = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded"}
    return {**plain, "livemode": False, "data": {"object": thing}, **fields}


def about(**fields: Any) -> dict[str, Any]:
    """An event about something else than a payment itself."""
    return event(type=f"{fields['object']}.updated", data={"object": fields})


def signed(body: bytes, secret: str = NEW, ahead: timedelta = timedelta()) -> Delivery:
    """*body* as Stripe would send it *ahead* of :data:`NOW`."""
    at = int((NOW + ahead).timestamp())
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return Delivery(body=body, headers={"stripe-signature": header})


def sent(what: Any, secret: str = NEW, ahead: timedelta = timedelta()) -> Delivery:
    return signed(json.dumps(what).encode(), secret, ahead)


@pytest.fixture
def notices() -> StripeNotices:
    return StripeNotices([OLD, NEW], "acct_1/test", "shop")


def test_a_notice_names_payment_account_mode_and_order(notices: StripeNotices) -> None:
    assert notices.read(sent(event()), NOW) == (
        Notice(
            event_id="evt_1", type="payment_intent.succeeded", account="acct_1/test",
            reference="pi_1", order_id="order-1", ours=True,
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("thing", "reference"),
    [
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_7", "metadata": MARKS}, "pi_7"),
        ({"object": "refund", "id": "re_1", "payment_intent": {"id": "pi_7"}}, "pi_7"),
        ({"object": "dispute", "id": "du_1", "payment_intent": "pi_7", "metadata": None}, "pi_7"),
    ],
)
def test_what_happens_to_charges_refunds_and_disputes_is_about_their_payment(
    notices: StripeNotices, thing: dict[str, Any], reference: str
) -> None:
    (notice,) = notices.read(sent(about(**thing)), NOW)
    assert notice.reference == reference


def test_what_is_about_no_payment_says_nothing(notices: StripeNotices) -> None:
    assert notices.read(sent(about(object="customer", id="cus_1")), NOW) == ()
    assert notices.read(sent(about(object="charge", id="ch_1", payment_intent=None)), NOW) == ()
    assert notices.read(sent({"id": "evt_1", "object": "v2.core.event"}), NOW) == ()


def test_what_others_mark_their_payments_with_on_the_account_refuses_nothing(
    notices: StripeNotices,
) -> None:
    marks = {"order": "Größe 38, " * 99}
    (bare,) = notices.read(sent(about(object="payment_intent", id="pi_1", metadata=marks)), NOW)
    others = {**marks, "shop": "other"}
    (other,) = notices.read(sent(about(object="payment_intent", id="pi_1", metadata=others)), NOW)
    assert (bare.order_id, bare.ours, other.order_id, other.ours) == (None, None, None, False)


def test_a_signature_over_a_body_that_was_written_anew_is_refused(notices: StripeNotices) -> None:
    delivery = sent(event())
    again = json.dumps(json.loads(delivery.body), separators=(",", ":")).encode()
    assert json.loads(again) == json.loads(delivery.body)
    with pytest.raises(NotAuthentic):
        notices.read(Delivery(body=again, headers=delivery.headers), NOW)
    with pytest.raises(NotAuthentic):
        notices.read(Delivery(body=delivery.body + b"\n", headers=delivery.headers), NOW)


@pytest.mark.parametrize("ahead", [-301, 301, -86_400, 86_400])
def test_what_was_signed_too_long_ago_or_in_the_future_is_refused(
    notices: StripeNotices, ahead: int
) -> None:
    with pytest.raises(NotAuthentic, match="five minutes"):
        notices.read(sent(event(), ahead=timedelta(seconds=ahead)), NOW)


@pytest.mark.parametrize("ahead", [-300, 0, 300])
def test_clocks_may_differ_by_five_minutes(notices: StripeNotices, ahead: int) -> None:
    assert notices.read(sent(event(), ahead=timedelta(seconds=ahead)), NOW)


def test_while_secrets_are_rotated_each_of_them_signs_and_no_other(notices: StripeNotices) -> None:
    assert notices.read(sent(event(), OLD), NOW) == notices.read(sent(event(), NEW), NOW)
    for secret in ("whsec_other", "whsec_", "", OLD.upper()):
        with pytest.raises(NotAuthentic):
            notices.read(sent(event(), secret), NOW)
    after = StripeNotices([NEW], "acct_1/test", "shop")
    with pytest.raises(NotAuthentic):
        after.read(sent(event(), OLD), NOW)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "t=", "v1=ab", "t=x,v1=ab", "t=1", "t=1,v1=\xe9", "t=1,v0=ab", "," * 5_000,
        "t=" + "9" * 4_000 + ",v1=ab", "t", "t=1=2,v1",
    ],
)  # fmt: skip
def test_a_header_that_signs_nothing_is_refused(notices: StripeNotices, header: str | None) -> None:
    headers = {} if header is None else {"stripe-signature": header}
    with pytest.raises(NotAuthentic):
        notices.read(Delivery(body=b"{}", headers=headers), NOW)


def test_a_time_far_beyond_every_calendar_is_refused(notices: StripeNotices) -> None:
    at = 10**30
    header = stripe.WebhookSignature.generate_signature_header("{}", NEW, at)
    with pytest.raises(NotAuthentic):
        notices.read(Delivery(body=b"{}", headers={"stripe-signature": header}), NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b'"x"', b"not JSON", b"[" * 200_000, b'{"data": {"object": 1}}',
        json.dumps(event(id=None)).encode(), json.dumps(event(id="evt \x00")).encode(),
        json.dumps(event(id="e" * 300)).encode(),
        json.dumps(about(object="charge", payment_intent={})).encode(),
    ],
)  # fmt: skip
def test_what_is_signed_and_no_event_of_stripe_s_is_refused(
    notices: StripeNotices, body: bytes
) -> None:
    with pytest.raises(NotAuthentic):
        notices.read(signed(body), NOW)


def test_bytes_that_are_no_text_are_refused(notices: StripeNotices) -> None:
    headers = sent(event()).headers
    with pytest.raises(NotAuthentic):
        notices.read(Delivery(body=b"\xff\xfe", headers=headers), NOW)


def test_another_account_and_the_other_mode_are_named_as_they_are(notices: StripeNotices) -> None:
    (live,) = notices.read(sent(event(livemode=True)), NOW)
    (other,) = notices.read(sent(event(account="acct_2")), NOW)
    assert (live.account, other.account) == ("acct_1/live", "acct_2/test")


def test_the_mark_of_another_shop_on_the_account_is_seen(notices: StripeNotices) -> None:
    thing = {"object": "payment_intent", "id": "pi_1", "metadata": {**MARKS, "shop": "other"}}
    bare = {"object": "payment_intent", "id": "pi_1"}
    (other,) = notices.read(sent(event(data={"object": thing})), NOW)
    (unmarked,) = notices.read(sent(event(data={"object": bare})), NOW)
    assert (other.ours, unmarked.ours, unmarked.order_id) == (False, None, None)


def test_neither_bytes_nor_signature_are_shown(notices: StripeNotices) -> None:
    assert "pi_1" not in repr(sent(event()))
    assert "v1=" not in repr(sent(event()))


def test_secrets_are_the_lines_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text(f"{OLD}\n {NEW} \n")
    assert secrets_in(tmp_path / "secrets") == [OLD, NEW]


@pytest.mark.parametrize("text", ["", "\n", f"{OLD}\n\n{NEW}\n", "whsec_\n", "sk_test_1\n"])
def test_an_empty_secret_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets").write_text(text)
    with pytest.raises(ValueError, match="secrets of the endpoint") as refused:
        secrets_in(tmp_path / "secrets")
    assert OLD not in str(refused.value)
