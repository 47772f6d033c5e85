"""Mail by SMTP: what becomes of a message, whatever the server does."""

import time
from collections.abc import Iterator, Sequence

import pytest

from commerce_core.notifications import (
    Accepted,
    Away,
    Channel,
    Outcome,
    PutOff,
    Recipient,
    Refused,
)
from commerce_core.plugins import PluginContext
from commerce_notify.mail import address_of
from commerce_notify.plugin import open_smtp
from commerce_notify.smtp import MailServer, SmtpChannel
from commerce_testkit.contracts.notifications import ChannelContract
from commerce_testkit.memory.clock import SettableClock
from tests.integration.scripted_smtp import Script, ScriptedServer

SENDER = address_of("shop@example.com", "Shop")


class TestSmtpChannel(ChannelContract):
    @pytest.fixture
    def server(self) -> Iterator[ScriptedServer]:
        with ScriptedServer() as server:
            yield server

    @pytest.fixture
    def channel(self, server: ScriptedServer) -> Channel:
        return channel_to(server)


def channel_to(server: ScriptedServer, timeout: float = 2.0, longest: float = 20.0) -> SmtpChannel:
    at = MailServer(host="127.0.0.1", port=server.port, starttls="never", timeout=timeout)
    return SmtpChannel(at, SENDER, longest)


def sent_to(script: Script, count: int = 1) -> tuple[Sequence[Outcome], ScriptedServer]:
    with ScriptedServer(script) as server:
        messages = [ChannelContract().message(f"order-{no}") for no in range(count)]
        return channel_to(server).send(messages), server


def test_many_messages_go_over_one_connection() -> None:
    outcomes, server = sent_to(lambda _: "take", 20)
    assert outcomes == [Accepted()] * 20
    assert (server.connections, len(server.taken)) == (1, 20)


@pytest.mark.parametrize(
    ("fate", "outcome"),
    [
        ("451 4.7.1 later", PutOff(reason="451 4.7.1 later")),
        ("rcpt 450 4.2.0 greylisted", PutOff(reason="450 4.2.0 greylisted")),
        ("554 5.7.1 spam", Refused(reason="554 5.7.1 spam")),
        ("rcpt 550 5.1.1 nobody", Refused(reason="550 5.1.1 nobody", bounced=True)),
        ("rcpt 550 nobody", Refused(reason="550 nobody", bounced=True)),
        ("rcpt 550 5.7.1 not from you", Refused(reason="550 5.7.1 not from you")),
        ("rcpt 552 5.2.2 full", Refused(reason="552 5.2.2 full")),
    ],
)
def test_what_the_server_says_decides(fate: str, outcome: Outcome) -> None:
    outcomes, server = sent_to(lambda n: fate if n == 1 else "take", 2)
    assert outcomes == [outcome, Accepted()]
    assert len(server.taken) == 1


@pytest.mark.parametrize("fate", ["drop", "lose", "nonsense"])
def test_a_message_without_an_answer_is_tried_again_and_the_next_goes_out(fate: str) -> None:
    outcomes, server = sent_to(lambda n: fate if n == 1 else "take", 3)
    assert isinstance(outcomes[0], PutOff)
    assert outcomes[1:] == [Accepted()] * 2
    assert len(server.taken) == 2 + (fate == "lose")


def test_a_server_that_hangs_keeps_a_group_for_no_longer_than_two_answers() -> None:
    with ScriptedServer(lambda _: "hang") as server:
        messages = [ChannelContract().message(f"order-{no}") for no in range(50)]
        began = time.monotonic()
        outcomes = channel_to(server, timeout=0.5).send(messages)
        assert time.monotonic() - began < 5
    assert [type(o) for o in outcomes] == [PutOff] * 2 + [Away] * 48


def test_a_server_that_answers_drop_by_drop_is_left_after_a_while() -> None:
    def slow(_: int) -> str:
        time.sleep(0.3)
        return "take"

    with ScriptedServer(slow) as server:
        messages = [ChannelContract().message(f"order-{no}") for no in range(50)]
        began = time.monotonic()
        outcomes = channel_to(server, longest=1.0).send(messages)
        assert time.monotonic() - began < 5
    assert Accepted() in outcomes
    assert isinstance(outcomes[-1], Away)


def test_a_server_that_is_not_there_is_away() -> None:
    with ScriptedServer() as server:
        gone = channel_to(server)
    (outcome,) = gone.send([ChannelContract().message()])
    assert isinstance(outcome, Away)
    assert "127.0.0.1" in outcome.reason


def test_a_connection_without_tls_is_not_used_where_tls_is_required() -> None:
    with ScriptedServer() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        context = PluginContext(currency="USD", clock=SettableClock())
        (outcome,) = open_smtp(url, context).send([ChannelContract().message()])
    assert isinstance(outcome, Away)
    assert "STARTTLS" in outcome.reason
    assert server.taken == []


def test_no_address_stands_in_a_reason() -> None:
    outcomes, _ = sent_to(lambda _: "rcpt 550 5.1.1 <ada@example.com>: nobody ada@example.com")
    (outcome,) = outcomes
    assert isinstance(outcome, Refused)
    assert "ada" not in outcome.reason


@pytest.mark.parametrize("email", ["", "ada", "ada@", "a b@example.com", "a@example.com\r\nBcc: x"])
def test_what_is_no_address_bounces_and_stops_nobody_else(email: str) -> None:
    with ScriptedServer() as server:
        suite = ChannelContract()
        to = Recipient(person="x", email=email, name="X", locale="en")
        outcomes = channel_to(server).send([suite.message("1", to=to), suite.message("2")])
    assert isinstance(outcomes[0], Refused)
    assert outcomes[0].bounced
    assert outcomes[1] == Accepted()


@pytest.mark.parametrize(
    "url",
    [
        "smtp://:587",
        "smtp://user@host:587",
        "smtp://host?starttls=perhaps",
        "smtp://host?timeout=0",
        "smtp://host?timeout=soon",
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"must|names no|no password"):
        open_smtp(url, PluginContext(currency="USD", clock=SettableClock()))
