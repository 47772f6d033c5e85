"""What a gateway's token may look like."""

import pytest

from commerce_core.payment import PaymentInfo


@pytest.mark.parametrize(
    "text", ["4242424242424242", "4242-4242-4242-4242", "tok_4242424242424242", "5555555555554444"]
)
def test_33_a_card_number_is_no_token(text: str) -> None:
    with pytest.raises(ValueError, match="must be a gateway's token") as caught:
        PaymentInfo(payment_type="card", token=text)
    assert text not in str(caught.value)


@pytest.mark.parametrize("text", ["tok_visa", "pm_1NaWQ2L8x", "4242424242424241", "a:b.c-d"])
def test_a_token_is_taken_as_it_is(text: str) -> None:
    assert PaymentInfo(payment_type="card", token=text).token == text


@pytest.mark.parametrize("text", ["", " ", "tok visa", "t" * 201])
def test_what_no_gateway_gives_out_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a gateway's token"):
        PaymentInfo(payment_type="card", token=text)
