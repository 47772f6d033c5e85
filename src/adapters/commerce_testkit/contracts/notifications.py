"""What every notification repository and every channel promises."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import getstate
from typing import Any, Final

import attrs

from commerce_core.kernel.ids import NotificationId
from commerce_core.kernel.transaction import Database
from commerce_core.notifications import (
    Accepted,
    Bounce,
    Channel,
    Kind,
    ListPosition,
    Notification,
    NotificationRepository,
    OutgoingMessage,
    Recipient,
    Rendered,
    Renderer,
    Status,
    notification_id,
)
from commerce_core.notifications.service import sample_values

AT: Final = datetime(2026, 11, 27, 12, tzinfo=UTC)
LEASE: Final = timedelta(minutes=10)
ADA, BOB = "ada-1", "bob-1"


def notification(
    subject: str = "order-1", person: str = ADA, kind: Kind = Kind.ORDER_CONFIRMED
) -> Notification:
    """One that waits since noon."""
    return Notification(
        id=notification_id(kind, subject, person),
        kind=kind,
        subject=subject,
        person=person,
        facts={"buyerId": person, "n": 1},
        created_at=AT,
        due_at=AT,
    )


class NotificationRepositoryContract:
    """Derive from it, with the fixtures ``database`` and ``repo``."""

    def _insert(
        self, database: Database, repo: NotificationRepository, *many: Notification
    ) -> None:
        with database.begin() as tx:
            repo.insert(tx, many)
            tx.commit()

    def _claim(
        self, database: Database, repo: NotificationRepository, at: datetime = AT, limit: int = 10
    ) -> Sequence[Notification]:
        with database.begin() as tx:
            found = repo.claim(tx, at, at + LEASE, limit)
            tx.commit()
        return found

    def _save(self, database: Database, repo: NotificationRepository, *many: Notification) -> None:
        with database.begin() as tx:
            repo.save(tx, many)
            tx.commit()

    def _send(self, database: Database, repo: NotificationRepository, *many: Notification) -> None:
        """Insert and send *many*, a second between them."""
        self._insert(database, repo, *many)
        claimed = {n.id: n for n in self._claim(database, repo)}
        for no, one in enumerate(many):
            sent = claimed[one.id].sent(AT + timedelta(seconds=no), title="Hello", listed=True)
            self._save(database, repo, sent)

    def test_a_notification_comes_back_as_it_was_written(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        one = notification().limited("ada@new.example", AT + timedelta(hours=1))
        self._insert(database, repo, one)
        with database.snapshot() as tx:
            assert repo.load(tx, ADA, [one.id]) == [one]
            assert repo.load(tx, BOB, [one.id]) == []
            assert repo.about(tx, ["order-1", "order-2"]) == [one]

    def test_the_same_kind_about_the_same_subject_to_the_same_person_is_one(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        first = notification()
        self._insert(database, repo, first)
        self._insert(database, repo, attrs.evolve(first, facts={}), notification(person=BOB))
        with database.snapshot() as tx:
            assert repo.load(tx, ADA, [first.id]) == [first]
            assert len(repo.about(tx, ["order-1"])) == 2

    def test_what_is_due_is_claimed_once_until_its_lease_is_over(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        later = attrs.evolve(notification("order-2"), due_at=AT + timedelta(hours=1))
        self._insert(database, repo, notification(), later)
        (claimed,) = self._claim(database, repo)
        assert (claimed.subject, claimed.fence) == ("order-1", 1)
        assert self._claim(database, repo, AT + LEASE) == []
        (again,) = self._claim(database, repo, AT + LEASE + timedelta(seconds=1))
        assert again.fence == 2

    def test_who_saves_is_told_what_was_deleted_meanwhile(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        self._insert(database, repo, *(notification(f"order-{no}") for no in range(3)))
        kept, taken, gone = self._claim(database, repo)
        with database.begin() as tx:
            repo.delete(tx, [(gone.person, gone.id)])
            tx.commit()
        self._claim(database, repo, AT + LEASE + timedelta(seconds=1))
        with database.begin() as tx:
            assert repo.save(tx, [kept, taken, gone]) == [gone.id]
            assert repo.save(tx, []) == []

    def test_a_lease_that_no_clock_could_have_given_is_void(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        self._insert(database, repo, notification())
        with database.begin() as tx:
            repo.claim(tx, AT, AT + timedelta(days=400), 10)
            tx.commit()
        assert len(self._claim(database, repo)) == 1

    def test_the_longest_due_come_first_and_no_more_than_are_wanted(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        many = [
            attrs.evolve(notification(f"order-{no}"), due_at=AT - timedelta(minutes=no))
            for no in range(3)
        ]
        self._insert(database, repo, *many)
        found = self._claim(database, repo, limit=2)
        assert [n.subject for n in found] == ["order-2", "order-1"]

    def test_only_the_newest_fence_writes(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        self._insert(database, repo, notification())
        (old,) = self._claim(database, repo)
        (new,) = self._claim(database, repo, AT + 2 * LEASE)
        self._save(database, repo, new.sent(AT, title="Hello", listed=True))
        self._save(database, repo, old.failed(AT, "late"))
        with database.snapshot() as tx:
            (kept,) = repo.load(tx, ADA, [new.id])
        assert (kept.status, kept.title, kept.ended_at) == (Status.SENT, "Hello", AT)

    def test_what_was_put_off_waits_for_its_time_and_is_listed_as_troubled(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        self._insert(database, repo, notification())
        (claimed,) = self._claim(database, repo)
        due = AT + timedelta(minutes=5)
        self._save(database, repo, claimed.delayed(due, "451 try later", counts=True))
        assert self._claim(database, repo, AT + timedelta(minutes=4)) == []
        with database.snapshot() as tx:
            (troubled,) = repo.troubled(tx, 10)
            assert (troubled.attempts, troubled.reason) == (1, "451 try later")
            assert (repo.pending(tx, 9).put_off, repo.pending(tx, 9).oldest) == (1, None)
            assert repo.stuck(tx, AT + timedelta(days=1), 10) == []
            assert repo.has_due(tx, due)
            assert not repo.has_due(tx, AT)
        (again,) = self._claim(database, repo, due)
        assert again.attempts == 1

    def test_what_nobody_takes_is_stuck(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        self._insert(database, repo, notification(), notification("order-2"))
        with database.snapshot() as tx:
            stats = repo.pending(tx, 100)
            assert (stats.waiting, stats.oldest) == (2, AT)
            assert repo.pending(tx, 1).waiting == 1
            assert len(repo.stuck(tx, AT + timedelta(seconds=1), 10)) == 2
            assert repo.stuck(tx, AT, 10) == []

    def test_the_list_of_a_person_goes_from_the_newest_to_the_oldest(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        mine = [notification(f"order-{no}") for no in range(3)]
        self._send(database, repo, *mine, notification("order-9", BOB))
        with database.snapshot() as tx:
            page = repo.history(tx, ADA, None, 2)
            assert [n.subject for n in page] == ["order-2", "order-1"]
            assert page[-1].ended_at
            rest = repo.history(tx, ADA, ListPosition(page[-1].ended_at, page[-1].id), 2)
        assert [n.subject for n in rest] == ["order-0"]

    def test_what_waits_or_was_given_up_is_not_in_the_list(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        self._insert(database, repo, notification(), notification("order-2"))
        claimed = self._claim(database, repo, limit=1)
        self._save(database, repo, claimed[0].suppressed(AT, "not wanted"))
        with database.snapshot() as tx:
            assert repo.history(tx, ADA, None, 10) == []

    def test_reading_is_noted_once_and_for_ones_own_alone(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        one = notification()
        self._send(database, repo, one)
        with database.begin() as tx:
            assert repo.mark_read(tx, ADA, one.id, AT)
            assert repo.mark_read(tx, ADA, one.id, AT + timedelta(days=1))
            assert not repo.mark_read(tx, BOB, one.id, AT)
            assert not repo.mark_read(tx, ADA, NotificationId("x" * 36), AT)
            tx.commit()
        with database.snapshot() as tx:
            assert [n.read_at for n in repo.load(tx, ADA, [one.id])] == [AT]

    def test_what_ended_is_forgotten_and_what_waits_is_not(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        self._send(database, repo, notification(), notification("order-2"))
        self._insert(database, repo, notification("order-3"))
        later = AT + timedelta(days=1)
        with database.begin() as tx:
            assert len(repo.ended(tx, later, 1)) == 1
            assert repo.ended(tx, AT, 10) == []
            repo.delete(tx, repo.ended(tx, later, 10))
            assert repo.ended(tx, later, 10) == []
            tx.commit()
        with database.snapshot() as tx:
            assert len(repo.about(tx, ["order-1", "order-2", "order-3"])) == 1

    def test_choices_are_kept_by_person(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        chosen = {"order-confirmed": {"email": False}}
        with database.begin() as tx:
            repo.choose(tx, ADA, {"low-stock": {"inbox": True}})
            repo.choose(tx, ADA, chosen)
            tx.commit()
        with database.snapshot() as tx:
            assert repo.choices(tx, [ADA, BOB]) == {ADA: chosen}

    def test_an_address_bounces_until_it_is_forgotten(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        first = Bounce(email="gone@example.com", reason="550 no such user", at=AT)
        with database.begin() as tx:
            repo.keep_bounces(tx, [first])
            other = Bounce(email="other@example.com", reason="550", at=AT + timedelta(seconds=1))
            repo.keep_bounces(tx, [attrs.evolve(first, reason="551"), other])
            tx.commit()
        with database.begin() as tx:
            assert repo.bounced(tx, ["gone@example.com", "ada@example.com"]) == {
                "gone@example.com": first
            }
            assert [b.email for b in repo.bounces(tx, 1)] == ["other@example.com"]
            assert repo.forget_bounce(tx, "gone@example.com")
            assert not repo.forget_bounce(tx, "gone@example.com")
            tx.commit()

    def test_nothing_of_an_erased_person_is_left(
        self, database: Database, repo: NotificationRepository
    ) -> None:
        self._send(
            database, repo, notification(), notification("order-2"), notification(person=BOB)
        )
        with database.begin() as tx:
            repo.choose(tx, ADA, {"order-confirmed": {"email": False}})
            repo.keep_bounces(tx, [Bounce(email="ada@example.com", reason="550", at=AT)])
            first, second = repo.of_person(tx, ADA, None, 10)
            assert repo.of_person(tx, ADA, None, 1) == [first]
            assert repo.of_person(tx, ADA, first.id, 10) == [second]
            repo.delete(tx, [(ADA, first.id), (ADA, second.id)])
            repo.erase(tx, ADA, ["ada@example.com"])
            tx.commit()
        with database.snapshot() as tx:
            assert [n.person for n in repo.about(tx, ["order-1"])] == [BOB]
            assert repo.choices(tx, [ADA]) == {}
            assert repo.bounced(tx, ["ada@example.com"]) == {}


class RendererContract:
    """Derive from it, with the fixture ``renderer``."""

    def test_every_kind_has_its_text(self, renderer: Renderer) -> None:
        for kind in Kind:
            found = renderer.render(kind, renderer.locale_for(None), sample_values(kind))
            assert found.title.strip() == found.title != ""
            assert found.title.isprintable()
            assert found.text.strip()
            assert found.html.strip()

    def test_a_language_that_nobody_knows_is_another(self, renderer: Renderer) -> None:
        locale = renderer.locale_for("tlh-QO")
        assert renderer.render(Kind.ORDER_CONFIRMED, locale, sample_values(Kind.ORDER_CONFIRMED))

    def test_the_same_values_are_the_same_text(self, renderer: Renderer) -> None:
        values = sample_values(Kind.ORDER_CANCELLED)
        first, second = (renderer.render(Kind.ORDER_CANCELLED, "en", values) for _ in range(2))
        assert first == second


class ChannelContract:
    """Derive from it, with the fixture ``channel``: a channel whose other side takes everything."""

    def message(self, subject: str = "order-1", **changes: Any) -> OutgoingMessage:
        """One to a person whom every channel can reach."""
        one = OutgoingMessage(
            id=notification_id(Kind.ORDER_CONFIRMED, subject, ADA),
            kind=Kind.ORDER_CONFIRMED,
            to=Recipient(person=ADA, email="ada@example.com", name="Ada Ä.", locale="de"),
            content=Rendered(title="Bestätigt ✓", text="Guten Tag\n", html="<p>Guten Tag</p>"),
            created_at=AT,
        )
        return attrs.evolve(one, **changes)

    def test_it_has_a_name_that_people_choose_it_by(self, channel: Channel) -> None:
        assert channel.name == channel.name.strip().lower() != ""

    def test_every_message_has_its_outcome_in_order(self, channel: Channel) -> None:
        many = [self.message(f"order-{no}") for no in range(5)]
        assert list(channel.send(many)) == [Accepted()] * 5

    def test_no_message_is_no_outcome(self, channel: Channel) -> None:
        assert list(channel.send([])) == []

    def test_the_same_message_again_is_taken_again(self, channel: Channel) -> None:
        assert list(channel.send([self.message()])) == [Accepted()]
        assert list(channel.send([self.message()])) == [Accepted()]

    def test_what_is_forgotten_may_be_forgotten_again(self, channel: Channel) -> None:
        channel.send([self.message()])
        channel.forget([self.message().id])
        channel.forget([self.message().id])

    def test_what_a_person_is_called_begins_no_line_of_its_own(self, channel: Channel) -> None:
        bad = "Eve\r\nBcc: all@example.com\r\n\r\nX"
        to = Recipient(person=ADA, email="ada@example.com", name=bad, locale="en")
        content = Rendered(title=bad, text=bad, html=f"<p>{bad}</p>")
        assert list(channel.send([self.message(to=to, content=content)])) == [Accepted()]

    def test_it_draws_nothing_from_the_state_of_chance_that_an_application_may_have_seeded(
        self, channel: Channel
    ) -> None:
        before = getstate()
        channel.send([self.message()])
        assert getstate() == before
