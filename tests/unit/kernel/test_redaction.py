"""A text for a log holds no secret, and a trace no value."""

import time

import pytest

from commerce_core.kernel.redaction import HIDDEN, LONGEST_TEXT, message_of, redacted, trace_of

CARD = "4539578763621486"
TOKEN = "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq83"


@pytest.mark.parametrize(
    "text",
    [
        f"card {CARD} was refused", f"card{CARD}", "4539 5787 6362 1486", "4539-5787-6362-1486",
        f"pan-{CARD}-x",
        f"Authorization: Bearer {TOKEN}", f"cart {TOKEN}", "Basic dXNlcjpodW50ZXIy",
        '{"password": "correct horse battery"}',
        "LogIn(password='correct horse battery')", "password=correct", "api-key: correct",
        "at postgresql://u:correct@h/d and back",
        "https://h/p?x-api-key=correct", "$argon2id$v=19$m=1,t=2,p=1$c2FsdA$aGFzaA",
        "with key sk_live_4eC39HqLyjWD",
        f"on 2026-11-27 {CARD} 3 times", f"27-{CARD}", f"attempt 3 {CARD}",
        "4539\u00a05787\u00a06362\u00a01486",
        "cart SpwW0q2e-bBO_Xa4bXgC_mIRx5CAokHt", "cvc=123", "sslpassword: correct",
        r'{"pass\u0077ord": "correct horse"}', r'{\"password\":\"correct horse\"}',
        r'{\"p\\u0061ssword\" : \"correct horse\"}', r'{"\u0063\u0076\u0063":123}',
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_left_out(text: str) -> None:
    hidden = redacted(text)
    assert HIDDEN in hidden
    for secret in (
        CARD,
        "5787",
        TOKEN,
        "correct",
        "horse",
        "dXNl",
        "c2FsdA",
        "4eC39",
        "SpwW0",
        "123",
    ):
        assert secret not in hidden


@pytest.mark.parametrize(
    "secret",
    [
        "whsec_+AAA/BBB+CCC/DDD+EEE/FFF+GGG/HHH=", "whsec_AAAAAAAAA/b+c/d+e/f+g/hhhhhhhhhhhhh==",
        "whsec_Zm9ybWVyLXNlY3JldC1vZi10aGUtd2FyZWhvdXNl", r"whsec_AAAA\/BBBBBBBB\u002bCC\\u002fDD=",
        "whsec_AAAA%2FBBBBBBBB%2BCC%3D",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["signed with {}, twice", '{{"key": "{}", "a": 1}}', "({})"])
def test_a_secret_of_webhooks_is_left_out_to_its_end(secret: str, around: str) -> None:
    assert redacted(around.format(secret)) == around.format(HIDDEN)


@pytest.mark.parametrize(
    "text",
    [
        "trace 0af7651916cd43dd8448eb211c80319c in ConfigurationOfOneBatchProcessor.run_it",
        "a-name-in-small-letters-that-is-very-long",
        "order 0193c5c2-7b1a-7123-8424-242424242424 waits", "42 of 500 rows, 1732658400.123 s",
        "GTIN 4006381333931",
        'connection to server at "127.0.0.1", port 5432 failed', "the passwords were read",
        "see http://127.0.0.1:8000/health/ready",
        r'{"n\u0061me": "Lamp"}', r"C:\users\u0031: 5 files",
    ],
)  # fmt: skip
def test_what_does_not_is_left(text: str) -> None:
    assert redacted(text) == text


def test_what_is_known_to_be_secret_is_left_out_of_any_words() -> None:
    assert (
        redacted('host "ss@db" of p', {"ss", "p", "hunter2"}) == f'host "{HIDDEN}@db" of {HIDDEN}'
    )
    assert redacted("xhunter2x papa", {"hunter2", "p"}) == f"x{HIDDEN}x papa"


@pytest.mark.parametrize(
    "text",
    [
        "a-" * 2_000,
        "1-" * 2_000,
        "password" * 500,
        'token="' * 500,
        "http://a?b=c@" * 300,
        r"\u0061" * 660,
        "password" + "\\" * 3_900 + r"\u0061",
        "00000000-0000-0000-0000-000000000000" * 100,
    ],
)
def test_a_line_is_looked_through_in_no_time_whatever_it_is_made_of(text: str) -> None:
    begun = time.process_time()
    redacted(text)
    assert time.process_time() - begun < 0.25


def test_of_an_error_the_first_line_is_shown() -> None:
    error = ValueError(f"duplicate key for {CARD}\nDETAIL: Failing row contains (1, hunter2)")
    assert message_of(error) == f"ValueError: duplicate key for {HIDDEN}"
    assert len(message_of(ValueError("x" * 10_000_000))) < 600
    assert message_of(ValueError()) == "ValueError"


class _Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("hunter2")


def test_an_error_that_cannot_be_told_is_named() -> None:
    assert message_of(_Mute()) == "_Mute"


def fail(password: str) -> None:
    token = f"{password}-token"
    try:
        raise KeyError("inner")
    except KeyError as error:
        raise RuntimeError("outer") from error
    finally:
        del token


def test_a_trace_has_places_and_no_values() -> None:
    with pytest.raises(RuntimeError) as caught:
        fail("hunter2")
    written = trace_of(caught.value)
    assert "hunter2" not in written
    assert "test_redaction.py" in written
    lines = written.splitlines()
    assert lines[0] == "RuntimeError: outer"
    assert "caused by KeyError: 'inner'" in lines
    assert lines[-1].endswith(" fail")


def recurse(depth: int) -> int:
    return recurse(depth - 1) if depth else 1 // depth


def test_a_trace_is_bounded_however_deep_and_long() -> None:
    with pytest.raises(ZeroDivisionError) as deep:
        recurse(500)
    written = trace_of(deep.value)
    assert "490 frames" in written or "frames" in written
    assert len(written.splitlines()) < 20
    chain: Exception = ValueError("0")
    for number in range(1, 100):
        later = ValueError(str(number))
        later.__cause__ = chain
        chain = later
    assert trace_of(chain).splitlines()[-1] == "… and more"
    chain.__cause__.__cause__ = chain  # type: ignore[union-attr]
    assert len(trace_of(chain).splitlines()) == 2
    assert len(trace_of(ExceptionGroup("many", [ValueError("x" * 900)] * 90))) < LONGEST_TEXT
