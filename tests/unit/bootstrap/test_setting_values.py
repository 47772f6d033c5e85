"""How settings are read: what people write, and what is made of it."""

import pytest

from commerce_bootstrap.setting_values import origins


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("https://[2001:db8::443]", "https://[2001:db8::443]"),
    ],
)
def test_an_origin_is_known_as_a_browser_sends_it(given: str, kept: str) -> None:
    assert origins("COMMERCE_CORS_ORIGINS", given) == (kept,)
