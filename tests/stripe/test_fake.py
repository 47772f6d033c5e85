"""Stripe's fake as its official library sees it: payments, refunds, disputes, lists, searches."""

import urllib.error
import urllib.request
from typing import Any

import pytest
import stripe

from tests.stripe.conftest import client_of
from tests.stripe.fake_server import StripeFake, stripe_fake

BACK = "https://shop.example/back"
DAY = 86_400


def created(client: Any, card: str | None = "pm_card_visa", **given: Any) -> Any:
    params = {"amount": 1999, "currency": "eur", "payment_method_types": ["card"], **given}
    if card:
        params["payment_method"] = card
    return client.v1.payment_intents.create(params)


def paid(client: Any, card: str = "pm_card_visa", **given: Any) -> Any:
    return created(client, card, confirm=True, return_url=BACK, **given)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def browse(url: str, outcome: str) -> str:
    """Answer the challenge as a browser does; the address that it is sent to."""
    opener = urllib.request.build_opener(NoRedirect)
    with pytest.raises(urllib.error.HTTPError) as sent:
        opener.open(url, f"outcome={outcome}".encode(), timeout=5)
    with sent.value:
        assert sent.value.code == 302
        return str(sent.value.headers["Location"])


def test_an_intent_goes_from_created_to_succeeded(fake: StripeFake, client: Any) -> None:
    intent = created(client, None, metadata={"order": "1", "shop": "a"})
    assert intent.status == "requires_payment_method"
    intent = created(client, metadata={"order": "1", "shop": "a"})
    assert (intent.status, intent.amount_received) == ("requires_confirmation", 0)
    intent = client.v1.payment_intents.confirm(
        intent.id, {"return_url": BACK, "expand": ["latest_charge", "payment_method"]}
    )
    assert (intent.status, intent.amount_received) == ("succeeded", 1999)
    assert intent.latest_charge.captured
    assert (intent.payment_method.card.brand, intent.payment_method.card.last4) == ("visa", "4242")
    seen = client.v1.payment_intents.retrieve(intent.id)
    assert seen.metadata.to_dict() == {"order": "1", "shop": "a"}
    assert fake.books()["intents"][intent.id]["captured"] == 1999


def test_a_token_of_the_browser_pays_once_and_a_used_method_never_again(client: Any) -> None:
    data = {"type": "card", "card": {"token": "tok_mastercard"}}
    intent = created(client, None, payment_method_data=data, confirm=True, return_url=BACK)
    assert intent.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        paid(client, intent.payment_method)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        paid(client, "pm_unknown")
    assert (refused.value.code, refused.value.http_status) == ("resource_missing", 400)


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_declined_card_is_402_and_the_intent_wants_another(
    fake: StripeFake, client: Any, card: str, code: str, decline_code: str
) -> None:
    intent = created(client, card)
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.confirm(intent.id, {"return_url": BACK})
    error = declined.value.error
    assert (error.code, error.decline_code) == (code, decline_code)
    assert error.payment_intent.status == "requires_payment_method"
    seen = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (seen.status, seen.payment_method) == ("requires_payment_method", None)
    assert seen.last_payment_error.code == code
    assert (seen.latest_charge.status, seen.latest_charge.paid) == ("failed", False)
    again = {"payment_method": "pm_card_visa", "return_url": BACK}
    assert client.v1.payment_intents.confirm(intent.id, again).status == "succeeded"
    assert fake.books()["intents"][intent.id]["captured"] == 1999


@pytest.mark.parametrize(
    ("card", "outcome", "status", "redirect"),
    [
        ("pm_card_threeDSecure2Required", "complete", "succeeded", "succeeded"),
        ("pm_card_authenticationRequired", "fail", "requires_payment_method", "failed"),
        (
            "pm_card_threeDSecureRequiredChargeDeclined",
            "complete",
            "requires_payment_method",
            "failed",
        ),
    ],
)
def test_a_challenge_at_the_bank_ends_with_the_way_back(
    client: Any, card: str, outcome: str, status: str, redirect: str
) -> None:
    intent = paid(client, card)
    assert intent.status == "requires_action"
    to = intent.next_action.redirect_to_url
    assert to.return_url == BACK
    with urllib.request.urlopen(to.url, timeout=5) as page:
        assert b"Complete" in page.read()
    back = browse(to.url, outcome)
    assert back.startswith(f"{BACK}?payment_intent={intent.id}&payment_intent_client_secret=")
    assert back.endswith(f"redirect_status={redirect}")
    assert client.v1.payment_intents.retrieve(intent.id).status == status
    with pytest.raises(urllib.error.HTTPError) as gone:
        urllib.request.urlopen(f"{to.url}?outcome=complete", timeout=5)
    with gone.value:
        assert gone.value.code == 410


def test_without_an_address_to_return_to_the_action_is_for_the_browsers_library(
    client: Any,
) -> None:
    intent = created(client, "pm_card_threeDSecure2Required", confirm=True)
    assert intent.next_action.type == "use_stripe_sdk"


def test_what_does_not_fit_the_state_is_400_with_the_intent(client: Any) -> None:
    done, ended = paid(client), created(client)
    assert client.v1.payment_intents.cancel(ended.id).status == "canceled"
    calls = [
        (client.v1.payment_intents.confirm, done),
        (client.v1.payment_intents.cancel, done),
        (client.v1.payment_intents.capture, done),
        (client.v1.payment_intents.confirm, ended),
        (client.v1.payment_intents.cancel, ended),
        (client.v1.payment_intents.confirm, created(client, None)),
    ]
    for call, intent in calls:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call(intent.id)
        assert refused.value.code == "payment_intent_unexpected_state"
        assert refused.value.error.payment_intent.id == intent.id


def test_a_cancelled_intent_is_not_paid_by_its_open_challenge(
    fake: StripeFake, client: Any
) -> None:
    intent = paid(client, "pm_card_threeDSecure2Required")
    client.v1.payment_intents.cancel(intent.id)
    with pytest.raises(ValueError, match="no challenge"):
        fake.order(f"payments/{intent.id}/challenge", outcome="complete")
    assert fake.books()["intents"][intent.id]["captured"] == 0


def test_an_authorised_amount_is_captured_in_part(fake: StripeFake, client: Any) -> None:
    intent = paid(client, capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 1999)
    intent = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1500})
    assert (intent.status, intent.amount_received) == ("succeeded", 1500)
    assert fake.books()["intents"][intent.id]["captured"] == 1500


def test_refunds_add_up_to_the_charge_and_no_further(fake: StripeFake, client: Any) -> None:
    intent = paid(client)
    first = client.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 500, "metadata": {"no": "1"}}
    )
    assert (first.status, first.metadata.to_dict()) == ("succeeded", {"no": "1"})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 1500})
    second = client.v1.refunds.create({"charge": intent.latest_charge})
    assert second.amount == 1499
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"
    listed = client.v1.refunds.list({"payment_intent": intent.id})
    assert [each.id for each in listed.data] == [second.id, first.id]
    assert fake.books()["intents"][intent.id]["kept"] == 0


def test_a_refund_fails_days_later_and_another_arrives_late() -> None:
    with stripe_fake() as fake:
        client = client_of(fake.url, fake.key)
        failing = paid(client, "pm_card_refundFail")
        pending = paid(client, "pm_card_pendingRefund")
        refunds = [
            client.v1.refunds.create({"payment_intent": each.id}) for each in (failing, pending)
        ]
        assert [each.status for each in refunds] == ["succeeded", "pending"]
        fake.order("clock", advance=6 * DAY)
        later = [client.v1.refunds.retrieve(each.id) for each in refunds]
        assert [each.status for each in later] == ["failed", "succeeded"]
        assert later[0].failure_reason == "expired_or_canceled_card"
        books = fake.books()["intents"]
        assert [books[each.id]["kept"] for each in (failing, pending)] == [1999, 0]
        types = [each.type for each in client.v1.events.list({"limit": 100}).data]
        assert {"refund.failed", "refund.updated", "charge.refund.updated"} <= set(types)


def test_disputes_are_opened_won_and_lost(fake: StripeFake, client: Any) -> None:
    won, lost = paid(client, "pm_card_createDispute"), paid(client)
    opened = client.v1.disputes.list({"payment_intent": won.id}).data[0]
    assert (opened.status, opened.amount) == ("needs_response", 1999)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": won.id})
    assert refused.value.code == "charge_disputed"
    client.v1.disputes.update(opened.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    assert client.v1.disputes.retrieve(opened.id).status == "won"
    other = fake.order("disputes", payment_intent=lost.id)
    fake.order(f"disputes/{other['id']}/close", won=False)
    assert client.v1.disputes.retrieve(other["id"]).status == "lost"
    books = fake.books()["intents"]
    assert [books[each.id]["kept"] for each in (won, lost)] == [1999, 0]
    moves = client.v1.balance_transactions.list({"type": "adjustment"})
    kinds = {each.reporting_category for each in moves.data}
    assert kinds == {"dispute", "dispute_reversal"}


@pytest.mark.parametrize(
    ("currency", "good", "bad", "code"),
    [
        ("usd", 50, 49, "amount_too_small"),
        ("jpy", 50, 49, "amount_too_small"),
        ("usd", 99_999_999, 100_000_000, "amount_too_large"),
        ("kwd", 5120, 5124, "parameter_invalid_integer"),
        ("isk", 50_000, 50_010, "invalid_charge_amount_no_decimal_compatible"),
        ("ugx", 500_000, 500_050, "invalid_charge_amount_no_decimal_compatible"),
        ("mga", 5001, 0, "parameter_invalid_integer"),
    ],
)
def test_amounts_fit_their_currency(
    client: Any, currency: str, good: int, bad: int, code: str
) -> None:
    assert paid(client, amount=good, currency=currency).amount_received == good
    with pytest.raises(stripe.InvalidRequestError) as refused:
        paid(client, amount=bad, currency=currency)
    assert (refused.value.code, refused.value.param) == (code, "amount")


def test_lists_are_newest_first_in_pages_both_ways() -> None:
    with stripe_fake() as fake:
        client = client_of(fake.url, fake.key)
        fake.order("clock", freeze=None)
        ids = []
        for _ in range(7):
            ids.append(created(client).id)
            start = fake.order("clock", advance=60)["now"]
        newest = ids[::-1]
        page = client.v1.payment_intents.list({"limit": 3})
        assert ([each.id for each in page.data], page.has_more) == (newest[:3], True)
        page = client.v1.payment_intents.list({"limit": 3, "starting_after": newest[2]})
        assert [each.id for each in page.data] == newest[3:6]
        page = client.v1.payment_intents.list({"limit": 2, "ending_before": newest[4]})
        assert ([each.id for each in page.data], page.has_more) == (newest[2:4], True)
        older = {"created": {"lt": int(start) - 120, "gte": int(start) - 300}}
        page = client.v1.payment_intents.list(older)
        assert [each.id for each in page.data] == newest[2:5]
        every = client.v1.payment_intents.list({"limit": 2}).auto_paging_iter()
        assert [each.id for each in every] == newest
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.payment_intents.list({"limit": 101})


def test_search_understands_status_metadata_and_time() -> None:
    with stripe_fake() as fake:
        client = client_of(fake.url, fake.key)
        waiting = [created(client, metadata={"shop": "a", "no": str(no)}).id for no in range(3)]
        done = paid(client, metadata={"shop": "a"}).id
        paid(client, metadata={"shop": "b"})

        def found(query: str, **more: Any) -> list[str]:
            answer = client.v1.payment_intents.search({"query": query, "limit": 2, **more})
            return [each.id for each in answer.auto_paging_iter()]

        later = int(fake.order("clock", advance=10)["now"])
        mine = f"status:'requires_confirmation' AND metadata['shop']:'a' AND created<{later}"
        assert found(mine) == waiting[::-1]
        assert found('status:\'succeeded\' AND metadata["shop"]:"a"') == [done]
        assert found("metadata['no']:'0' OR metadata['no']:'2'") == [waiting[2], waiting[0]]
        assert found("metadata['shop']:'a' AND -status:'requires_confirmation'") == [done]
        for wrong in ("", "status", "colour:'red'", "status:'a' AND amount>1 OR amount<5"):
            with pytest.raises(stripe.InvalidRequestError):
                found(wrong)


def test_events_tell_the_story_for_thirty_days() -> None:
    with stripe_fake() as fake:
        client = client_of(fake.url, fake.key)
        intent = paid(client)
        wanted = {"types": ["payment_intent.succeeded", "payment_intent.created"]}
        events = client.v1.events.list(wanted).data
        assert [each.type for each in events] == wanted["types"]
        assert events[0].data.object.id == intent.id
        assert client.v1.events.retrieve(events[0].id).data.object.amount_received == 1999
        fake.order("clock", advance=31 * DAY)
        assert client.v1.events.list().data == []
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.events.retrieve(events[0].id)


def test_accounts_and_modes_are_strangers_to_one_another(fake: StripeFake, client: Any) -> None:
    intent = paid(client)
    for key in (fake.live_key, fake.other_key):
        with pytest.raises(stripe.InvalidRequestError) as unknown:
            client_of(fake.url, key).v1.payment_intents.retrieve(intent.id)
        assert (unknown.value.code, unknown.value.http_status) == ("resource_missing", 404)
    with pytest.raises(stripe.InvalidRequestError):
        paid(client_of(fake.url, fake.live_key))
    with pytest.raises(stripe.AuthenticationError):
        client_of(fake.url, "sk_test_wrong").v1.payment_intents.retrieve(intent.id)
    assert client.v1.accounts.retrieve_current().id == fake.account
    assert client_of(fake.url, fake.live_key).v1.balance.retrieve().livemode


def test_two_events_may_tell_of_one_change() -> None:
    with stripe_fake() as fake:
        client = client_of(fake.url, fake.key)
        fake.order("settings", twin_events_rate=1)
        created(client)
        twins = client.v1.events.list().data
        assert [each.type for each in twins] == ["payment_intent.created"] * 2
        assert twins[0].id != twins[1].id


def test_what_the_reference_does_not_know_is_refused(client: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        created(client, colour="red")
    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "colour")
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.payment_intents.list({"expand": ["data.colour"]})
    with pytest.raises(stripe.InvalidRequestError, match="50 keys"):
        created(client, metadata={f"k{no}": "v" for no in range(51)})
