"""Mail over TLS with a log-in, to a real server whose certificate is of a private authority."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from commerce_core.notifications import Accepted, Away, Outcome
from commerce_core.plugins import PluginContext
from commerce_notify.plugin import open_smtp
from commerce_testkit.contracts.notifications import ChannelContract
from commerce_testkit.memory.clock import SettableClock
from tests.certificates import certified
from tests.integration.mail_server import Mailpit, running_mailpit

_PASSWORD: Final = "pa/ss-w@rd"
_IN_ADDRESSES: Final = "pa%2Fss-w%40rd"


def server_in(folder: Path, *options: str) -> Iterator[Mailpit]:
    certificate = certified(folder, "mail")
    (folder / "users").write_text(f"shop:{_PASSWORD}\n")
    with running_mailpit(
        folder, "--smtp-auth-file", str(folder / "users"), "--smtp-tls-cert", str(certificate),
        "--smtp-tls-key", str(certificate.with_suffix(".key")), *options,
    ) as server:  # fmt: skip
        yield server


@pytest.fixture
def starttls(tmp_path: Path) -> Iterator[Mailpit]:
    yield from server_in(tmp_path, "--smtp-require-starttls")


@pytest.fixture
def implicit(tmp_path: Path) -> Iterator[Mailpit]:
    yield from server_in(tmp_path, "--smtp-require-tls")


def sent(address: str) -> Outcome:
    """What becomes of a message that goes to the server at *address*."""
    channel = open_smtp(address, PluginContext(currency="USD", clock=SettableClock()))
    (outcome,) = channel.send([ChannelContract().message()])
    return outcome


def test_mail_goes_over_starttls_with_a_log_in(starttls: Mailpit, tmp_path: Path) -> None:
    at = f"shop:{_IN_ADDRESSES}@127.0.0.1:{starttls.smtp_port}?ca={tmp_path / 'mail.crt'}"
    assert sent(f"smtp://{at}") == Accepted()
    assert starttls.message_ids().total() == 1


def test_mail_goes_over_tls_from_the_first_byte_with_the_password_in_a_file(
    implicit: Mailpit, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(f"{_PASSWORD}\n")
    said = f"ca={tmp_path / 'mail.crt'}&password_file={tmp_path / 'password'}"
    assert sent(f"smtps://shop@127.0.0.1:{implicit.smtp_port}?{said}") == Accepted()
    assert implicit.message_ids().total() == 1


@pytest.mark.parametrize("secret", ["wrong", _IN_ADDRESSES])
def test_neither_a_stranger_s_certificate_nor_a_wrong_password_gets_a_mail(
    starttls: Mailpit, tmp_path: Path, secret: str
) -> None:
    trusted = certified(tmp_path, "other") if secret != "wrong" else tmp_path / "mail.crt"
    outcome = sent(f"smtp://shop:{secret}@127.0.0.1:{starttls.smtp_port}?ca={trusted}")
    assert isinstance(outcome, Away)
    assert secret not in outcome.reason
    assert _PASSWORD not in outcome.reason
    assert starttls.message_ids().total() == 0
