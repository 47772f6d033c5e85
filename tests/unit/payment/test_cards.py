"""A card number shows its last four digits, and goes nowhere."""

import copy
import json
import pickle
from typing import Any

import attrs
import pytest

from commerce_core.kernel.codec import reader, to_data
from commerce_core.kernel.errors import Invalid
from commerce_core.payment import CardNumber, PaymentInfo
from tests.unit.people import GOOD_CARD, card

NUMBER = CardNumber.from_text("4242 4242-4242 4242")


@pytest.mark.parametrize(
    "text",
    [
        repr(NUMBER),
        str(NUMBER),
        f"{NUMBER}",
        f"{NUMBER:>40}",
        repr([NUMBER]),
        repr(card()),
        str(card()),
    ],
)
def test_33_it_is_never_written_out(text: str) -> None:
    assert GOOD_CARD not in text
    assert GOOD_CARD[:-4] not in text
    assert "123" not in text.replace("1234", "")


@pytest.mark.parametrize("act", [copy.copy, copy.deepcopy, pickle.dumps, json.dumps, hash])
def test_33_it_can_be_neither_copied_nor_encoded(act: Any) -> None:
    with pytest.raises(TypeError):
        act(NUMBER)


def test_33_it_has_no_public_digits_but_by_name() -> None:
    assert NUMBER.reveal() == GOOD_CARD
    assert (NUMBER.last4, CardNumber(GOOD_CARD) == NUMBER, NUMBER == GOOD_CARD) == (
        "4242",
        True,
        False,
    )
    assert not hasattr(NUMBER, "__dict__")


def test_33_data_of_a_payment_never_holds_it() -> None:
    assert GOOD_CARD not in repr(to_data(card()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4242",
        "4242424242424241",
        "4242 4242 4242 424x",
        "4" * 20,
        "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
        "4242.4242.4242.4242",
    ],
)
def test_what_is_no_card_number_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not a card number$"):
        CardNumber.from_text(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("paymentType", "CARD!"), ("cardNo", "4242424242424241"), ("cardNo", 4242424242424242),
        ("expiry", "13/30"), ("expiry", "1/30"),
        ("cvc", "12"), ("cvc", "12a"), ("cvc", 123), ("token", "a b"), ("token", "x" * 201),
        ("cardNumber", GOOD_CARD), ("pan", GOOD_CARD),
    ],
)  # fmt: skip
def test_33_a_wrong_payment_is_refused_by_field_and_never_repeated(field: str, value: Any) -> None:
    data = {"paymentType": "card", "cardNo": GOOD_CARD, field: value}
    with pytest.raises(Invalid) as error:
        reader("USD").read(data, PaymentInfo)
    assert [p.pointer for p in error.value.problems] == [f"/{field}"]
    assert str(value) not in str(error.value)


def test_a_digest_knows_cards_by_their_last_four_digits_and_no_code() -> None:
    parts = card().digest_parts()
    assert parts == ["card", "4242", "12/40", None]
    assert attrs.evolve(card(), cvc="999").digest_parts() == parts
