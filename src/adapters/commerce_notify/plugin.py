"""Channels by address."""

from email.headerregistry import Address
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from commerce_core.kernel.private_files import close_if_open
from commerce_core.plugins import PluginContext, file_path, options
from commerce_notify.folder import MailFolder
from commerce_notify.mail import UnusableAddress, address_of
from commerce_notify.smtp import MailServer, SmtpChannel

_STARTTLS: Final = ("required", "optional", "never")
_LONGEST_PASSWORD: Final = 4_096


def open_folder(url: str, context: PluginContext) -> MailFolder:
    """Mail as files in the folder that *url* names.

    Raises:
        ValueError: the shop's own address is none.
    """
    folder = file_path(url, "var/mail")
    close_if_open(folder)
    return MailFolder(folder, sender_of(context))


def open_smtp(url: str, context: PluginContext) -> SmtpChannel:
    """Mail through the server at *url*: ``smtp://user:password@host:587?starttls=required``, or
    ``smtps://`` with TLS from the first byte on. Nothing is connected yet.

    Options: ``starttls`` (``required``, which is the default, ``optional`` or ``never``), ``ca`` (a
    file of certificates to trust), ``timeout`` (seconds for each answer), ``password_file``.

    Raises:
        ValueError: the address cannot be used, or the shop's own address is none.
        OSError: the file with the password cannot be read.
    """
    parts, said = urlsplit(url), options(url)
    implicit = parts.scheme == "smtps"
    starttls, timeout = said.get("starttls", "required"), said.get("timeout", "10")
    if not parts.hostname:
        raise ValueError("the address names no host")
    if starttls not in _STARTTLS:
        raise ValueError(f"starttls must be {', '.join(_STARTTLS)}")
    if not timeout.isdecimal() or not 1 <= int(timeout) <= 60:
        raise ValueError("timeout must be 1 to 60 seconds")
    server = MailServer(
        host=parts.hostname,
        port=parts.port or (465 if implicit else 587),
        user=unquote(parts.username) if parts.username else None,
        password=_password(parts.password, said.get("password_file")),
        implicit_tls=implicit,
        starttls=starttls,
        timeout=float(timeout),
        ca=said.get("ca"),
    )
    if server.user is not None and server.password is None:
        raise ValueError("there is a user and no password; password_file=PATH names a file with it")
    return SmtpChannel(server, sender_of(context))


def _password(written: str | None, file: str | None) -> str | None:
    if file is None:
        return unquote(written) if written else None
    with Path(file).open(encoding="utf-8") as opened:
        return opened.read(_LONGEST_PASSWORD).strip()


def sender_of(context: PluginContext) -> Address:
    """Whom mail comes from.

    Raises:
        ValueError: the shop's own address is none.
    """
    try:
        return address_of(context.mail_from, context.shop_name)
    except UnusableAddress as error:
        raise ValueError(f"mail cannot come from {context.mail_from!r:.80}") from error
