"""What the address of Stripe must say."""

from pathlib import Path

import pytest

from commerce_core.plugins import PluginContext
from commerce_stripe.plugin import open_gateway
from commerce_testkit.memory.clock import SettableClock

BACK = "return_url=https://shop.example.com/paid"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (f"stripe://?{BACK}", "names no account"),
        (f"stripe://sk_test_1?{BACK}", "names no account"),
        ("stripe://acct_1", "return_url"),
        (f"stripe://acct_1?{BACK}&key_env=NOWHERE", "no secret key"),
        (f"stripe://acct_1?{BACK}&api=http://stripe.example.com", "https://"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_a_sentence(
    url: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_1")
    with pytest.raises(ValueError, match=sentence):
        open_gateway(url, PluginContext(currency="USD", clock=SettableClock()))


def test_an_empty_file_is_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_1")
    (tmp_path / "key").write_text("\n")
    url = f"stripe://acct_1?{BACK}&key_file={tmp_path / 'key'}"
    with pytest.raises(ValueError, match="no secret key"):
        open_gateway(url, PluginContext(currency="USD", clock=SettableClock()))
