"""Notification repositories and channels keep their promises."""

from datetime import UTC
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from commerce_core.kernel.transaction import Database
from commerce_core.notifications import Channel, Kind, Renderer
from commerce_core.notifications.service.samples import sample_values
from commerce_notify.folder import MailFolder
from commerce_notify.mail import address_of
from commerce_notify.texts import TemplateRenderer
from commerce_sqlalchemy.notifications import SqlNotificationRepository
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.notifications import (
    ChannelContract,
    NotificationRepositoryContract,
    RendererContract,
)
from commerce_testkit.memory.notifications import (
    MemoryChannel,
    MemoryNotificationRepository,
    PlainRenderer,
)
from commerce_testkit.memory.transaction import MemoryDatabase


class TestMemoryNotificationRepository(NotificationRepositoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def repo(self) -> MemoryNotificationRepository:
        return MemoryNotificationRepository()


class TestSqliteNotificationRepository(NotificationRepositoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def repo(self) -> SqlNotificationRepository:
        return SqlNotificationRepository()


class TestMemoryChannel(ChannelContract):
    @pytest.fixture
    def channel(self) -> Channel:
        return MemoryChannel()


class TestMailFolder(ChannelContract):
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "mail"

    @pytest.fixture
    def channel(self, folder: Path) -> Channel:
        return MailFolder(folder, address_of("shop@example.com", "Shop"))

    def test_the_same_message_is_the_same_file_which_others_cannot_read(
        self, channel: Channel, folder: Path
    ) -> None:
        channel.send([self.message()])
        channel.send([self.message()])
        (file,) = folder.iterdir()
        assert file.name == f"{self.message().id}.eml"
        assert (file.stat().st_mode & 0o077, folder.stat().st_mode & 0o077) == (0, 0)

    def test_a_mail_program_reads_both_texts(self, channel: Channel, folder: Path) -> None:
        channel.send([self.message(unsubscribe="https://shop.example/u/x")])
        (mail,) = _read(folder)
        assert mail["Message-ID"] == f"<{self.message().id}@example.com>"
        assert (mail["Subject"], mail["Content-Language"]) == ("Bestätigt ✓", "de")
        assert mail["To"].addresses[0].display_name == "Ada Ä."
        assert mail["List-Unsubscribe"] == "<https://shop.example/u/x>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        plain, html = mail.get_body(["plain"]), mail.get_body(["html"])
        assert plain is not None
        assert html is not None
        assert plain.get_content().splitlines() == ["Guten Tag"]
        assert html.get_content().splitlines() == ["<p>Guten Tag</p>"]

    def test_nothing_that_people_type_adds_a_header(self, channel: Channel, folder: Path) -> None:
        self.test_what_a_person_is_called_begins_no_line_of_its_own(channel)
        (mail,) = _read(folder)
        assert mail["Bcc"] is None
        assert [a.addr_spec for a in mail["To"].addresses] == ["ada@example.com"]

    def test_a_folder_that_cannot_be_written_is_away(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        channel = MailFolder(tmp_path / "file" / "mail", address_of("shop@example.com"))
        outcomes = channel.send([self.message(), self.message("order-2")])
        assert [type(o).__name__ for o in outcomes] == ["Away", "Away"]


class TestPlainRenderer(RendererContract):
    @pytest.fixture
    def renderer(self) -> Renderer:
        return PlainRenderer()


class TestTemplateRenderer(RendererContract):
    @pytest.fixture(params=["en", "de"])
    def renderer(self, request: pytest.FixtureRequest) -> Renderer:
        return TemplateRenderer("Shop", request.param, UTC)

    @pytest.mark.parametrize("kind", [Kind.EMAIL_CHANGED, Kind.PASSWORD_CHANGED])
    def test_who_may_be_a_stranger_by_now_gets_no_link(
        self, renderer: Renderer, kind: Kind
    ) -> None:
        found = renderer.render(kind, renderer.locale_for(None), sample_values(kind))
        assert not any("://" in part or "href" in part for part in (found.text, found.html))


def _read(folder: Path) -> list[EmailMessage]:
    parser = BytesParser(policy=policy.default)
    return [parser.parsebytes(file.read_bytes()) for file in folder.glob("*.eml")]
