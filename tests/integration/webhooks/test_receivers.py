"""What is sent over real connections: signed, bounded in time and size, and nowhere but where it
may.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import MessageId
from commerce_core.webhooks import Answer, Post
from commerce_testkit.receiver import WebhookReceiver
from commerce_webhooks import HttpReceivers
from tests.unit.kernel.test_public_address import ELSEWHERE, NOT_PUBLIC

SECRET: Final = "whsec_c2VjcmV0LW9mLXRoZS13YXJlaG91c2U="
FORMER: Final = "whsec_Zm9ybWVyLXNlY3JldC1vZi10aGUtd2FyZWhvdXNl"
BODY: Final = '{"type":"a.v1","data":{"name":"Käse"}}'
SHORT: Final = timedelta(seconds=1)
#: For what answers: a machine may be slow.
LONG: Final = timedelta(seconds=30)


def post(url: str, *secrets: str) -> Post:
    return Post(
        url=url,
        id=MessageId("event-1"),
        at=datetime.now(UTC),
        body=BODY,
        secrets=secrets or (SECRET,),
    )


@pytest.fixture
def receivers() -> Iterator[HttpReceivers]:
    made = HttpReceivers(http=True, private=True, answers_within=LONG)
    yield made
    made.close()


@pytest.fixture
def hasty() -> Iterator[HttpReceivers]:
    made = HttpReceivers(http=True, private=True, answers_within=SHORT)
    yield made
    made.close()


@contextmanager
def answering(handle: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server on this machine that does *handle* with each connection; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    opened, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=quietly, args=(opened,), daemon=True).start()

        def quietly(opened: socket.socket) -> None:
            with opened:
                try:
                    handle(opened)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
        server.shutdown(socket.SHUT_RDWR)


def said(*parts: bytes) -> Callable[[socket.socket], object]:
    def handle(opened: socket.socket) -> None:
        opened.recv(65_536)
        for part in parts:
            opened.sendall(part)

    return handle


def test_a_delivery_is_signed_by_both_secrets_with_its_own_headers(
    receivers: HttpReceivers,
) -> None:
    with WebhookReceiver() as receiver:
        assert receivers.post(post(receiver.url, SECRET, FORMER)).result(60) == Answer(status=204)
    (got,) = receiver.received
    assert got.body == BODY.encode()
    assert [got.verified(secret)["type"] for secret in (SECRET, FORMER)] == ["a.v1"] * 2
    assert got.headers["webhook-id"] == "event-1"
    assert got.headers["content-type"] == "application/json"
    assert len(got.headers["webhook-signature"].split(" ")) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receivers: HttpReceivers, status: int) -> None:
    with WebhookReceiver() as elsewhere:
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        with answering(said(head.encode())) as url:
            answer = receivers.post(post(url)).result(60)
    assert (answer.status, answer.is_success, elsewhere.received) == (status, False, ())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("soon", None), ("-1", None)],
)
def test_retry_after_is_read(receivers: HttpReceivers, value: str, seconds: float | None) -> None:
    head = f"HTTP/1.1 429 Slow\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n".encode()
    with answering(said(head)) as url:
        answer = receivers.post(post(url)).result(60)
    assert answer.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def drip(opened: socket.socket) -> None:
    opened.recv(65_536)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100:
        opened.sendall(bytes((byte,)))
        time.sleep(0.1)


@pytest.mark.parametrize(
    "handle", [lambda _: time.sleep(14), drip], ids=["says nothing", "drips its answer"]
)
def test_the_whole_answer_must_come_in_time(
    hasty: HttpReceivers, handle: Callable[[socket.socket], object]
) -> None:
    with answering(handle) as url:
        began = time.monotonic()
        answer = hasty.post(post(url)).result(60)
    assert (answer.status, answer.error) == (None, "it did not answer within 1 s")
    assert time.monotonic() - began < 10


def test_of_an_answer_without_end_a_bounded_part_is_read(receivers: HttpReceivers) -> None:
    sent = 0

    def endless(opened: socket.socket) -> None:
        nonlocal sent
        opened.recv(65_536)
        opened.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(10_000):
            opened.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            sent += 0x4000

    with answering(endless) as url:
        assert receivers.post(post(url)).result(60).status == 200
    assert sent < 64 << 20


@pytest.mark.parametrize(
    "parts", [(b"SSH-2.0-OpenSSH\r\n",), (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000,), ()]
)
def test_what_is_no_answer_is_an_error_in_words(
    receivers: HttpReceivers, parts: Sequence[bytes]
) -> None:
    with answering(said(*parts)) as url:
        answer = receivers.post(post(url)).result(60)
    assert answer.status is None
    assert answer.error
    assert "127.0.0.1" not in answer.error


def test_nobody_listens(receivers: HttpReceivers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    assert receivers.post(post(url)).result(60).error == "no connection can be made"


def test_no_proxy_of_the_environment_is_used(
    receivers: HttpReceivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with WebhookReceiver() as receiver:
        assert receivers.post(post(receiver.url)).result(60).status == 204


PUBLIC, HIDDEN = "93.184.215.14", "127.0.0.1"


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["169.254.169.254"], ["100.64.0.1"], ["224.0.0.1"],
        ["::1"], ["fe80::1%lo"], ["::ffff:10.0.0.1"], ["64:ff9b::a9fe:a9fe"], ["2002:7f00:1::"],
        ["no address"], [],
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused_when_given_and_when_sent_to(
    addresses: Sequence[str],
) -> None:
    receivers = HttpReceivers(lookup=lambda _: addresses, answers_within=LONG)
    url = "https://hooks.example.com/"
    with pytest.raises(Invalid) as refused:
        receivers.check(url)
    answer = receivers.post(post(url)).result(60)
    receivers.close()
    assert answer.status is None
    for text in (str(refused.value), answer.error or ""):
        assert "hooks.example.com" not in text
        assert not any(address in text for address in addresses if ":" in address or "." in address)


def test_no_spelling_and_no_name_of_an_address_inside_is_taken_or_sent_to() -> None:
    """The whole table, when an endpoint is made and when something is delivered to it."""
    leads_to: list[str] = []
    receivers = HttpReceivers(http=True, lookup=lambda _: leads_to, answers_within=LONG)
    hosts = [f"[{a}]" if ":" in a else a for a in NOT_PUBLIC]
    urls = [url for url in ELSEWHERE if url != "http://example.org/"]
    tried = [(url, "") for url in (*urls, *(f"http://{host}/" for host in hosts))]
    tried += [("http://hooks.example.com/", address) for address in NOT_PUBLIC]
    for url, address in tried:
        leads_to[:] = [address] if address else []
        with pytest.raises(Invalid):
            receivers.check(url)
        answer = receivers.post(post(url)).result(60)
        assert answer.status is None, (url, address)
        # It says that it was not even tried.
        assert "connection" not in (answer.error or "connection"), (url, address)
        assert "did not answer" not in (answer.error or ""), (url, address)
    receivers.close()


def test_a_name_that_is_another_address_a_moment_later_is_asked_for_once() -> None:
    """DNS rebinding: what is looked at is what is connected to."""
    asked: list[str] = []

    def rebinding(host: str) -> Sequence[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) % 2 else [HIDDEN]

    receivers = HttpReceivers(http=True, lookup=rebinding, answers_within=LONG)

    with WebhookReceiver() as inside:
        receivers.check("http://rebound.example.com/")
        answer = receivers.post(post("http://rebound.example.com/")).result(60)
        assert answer.error == "it leads to an address that is not on the public internet"
        assert asked == ["rebound.example.com"] * 2
        receivers.post(post("http://rebound.example.com/")).result(60)
        assert asked == ["rebound.example.com"] * 3
        assert inside.received == ()
    receivers.close()


def test_a_lookup_that_hangs_is_given_up_in_time_and_holds_up_nobody() -> None:
    over = threading.Event()

    def lookup(host: str) -> Sequence[str]:
        if host.startswith("slow"):
            over.wait(60)
        return ["127.0.0.1"]

    receivers = HttpReceivers(http=True, private=True, lookup=lookup, answers_within=3 * SHORT)
    with WebhookReceiver() as receiver:
        port = receiver.url.rpartition(":")[2]
        slow = [receivers.post(post(f"http://slow{n}.example.com:{port}/")) for n in range(20)]
        assert receivers.post(post(f"http://fast.example.com:{port}/")).result(60).status == 204
        assert {answer.result(60).status for answer in slow} == {None}
    over.set()
    receivers.close()
