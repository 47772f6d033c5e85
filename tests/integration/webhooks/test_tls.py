"""What is sent by https://, to a receiver whose certificate is of a private authority."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commerce_core.kernel.ids import MessageId
from commerce_core.webhooks import Answer, Post
from commerce_testkit.receiver import WebhookReceiver
from commerce_webhooks import HttpReceivers
from tests.certificates import certified

HOST, OTHER = "hooks.example.com", "other.example.com"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of two hosts."""
    folder = tmp_path_factory.mktemp("keys")
    for host in (HOST, OTHER):
        certified(folder, host, f"DNS:{host}")
    return folder


@contextmanager
def receiving(keys: Path, host: str) -> Iterator[tuple[WebhookReceiver, int, list[str | None]]]:
    """A receiver with the certificate of *host*, its port, and the names that it was asked for."""
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / f"{host}.crt", keys / f"{host}.key")
    context.sni_callback = lambda _, name, __: asked.append(name)
    with WebhookReceiver(context) as receiver:
        yield receiver, int(receiver.url.rpartition(":")[2]), asked


def sent(port: int, trust: Path | None) -> Answer:
    def here(_: str) -> Sequence[str]:
        return ["127.0.0.1"]

    receivers = HttpReceivers(private=True, lookup=here, trust=str(trust) if trust else None)
    url = f"https://{HOST}:{port}/hook"
    secrets = ("whsec_c2VjcmV0LW9mLXRoZS13YXJlaG91c2U=",)
    post = Post(url=url, id=MessageId("event-1"), at=datetime.now(UTC), body="{}", secrets=secrets)
    try:
        return receivers.post(post).result(20)
    finally:
        receivers.close()


def test_a_trusted_receiver_is_asked_for_by_its_name_and_gets_the_delivery(keys: Path) -> None:
    with receiving(keys, HOST) as (receiver, port, asked):
        assert sent(port, keys / f"{HOST}.crt") == Answer(status=204)
        (got,) = receiver.received
    assert asked == [HOST]
    assert got.headers["host"] == f"{HOST}:{port}"


@pytest.mark.parametrize(
    ("host", "trusted"), [(HOST, None), (HOST, OTHER), (OTHER, OTHER)],
    ids=["nobody's", "a stranger's", "another name's"],
)  # fmt: skip
def test_a_certificate_that_is_not_trusted_for_the_name_gets_nothing(
    keys: Path, host: str, trusted: str | None
) -> None:
    with receiving(keys, host) as (receiver, port, _):
        answer = sent(port, keys / f"{trusted}.crt" if trusted else None)
        assert receiver.received == ()
    assert answer.status is None
    assert (answer.error or "").startswith("its certificate is not trusted")
    assert HOST not in (answer.error or "")
