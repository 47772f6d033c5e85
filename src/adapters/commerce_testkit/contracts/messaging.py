"""What every outbox and every inbox promises."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import pytest

from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import DeadLetter, DiscardedLetter, Inbox, Message, Outbox
from commerce_core.kernel.transaction import Database, Transaction

AT: Final = datetime(2026, 1, 1, 12, 30, 15, 123_456, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
MANY: Final = 33_000
"""More than one statement of SQLite can bind."""


def message_id(number: int) -> MessageId:
    """An id that sorts by *number*."""
    return MessageId(f"{number:08x}-0000-7000-8000-000000000000")


def message(number: int, key: str = "order-1", **fields: Any) -> Message:
    """A message; its id sorts by *number*."""
    filled: dict[str, Any] = {
        "name": "orders.order_placed.v1",
        "occurred_at": AT + number * SECOND,
        "payload": {"no": number},
        **fields,
    }
    return Message(id=message_id(number), partition_key=key, **filled)


def full_message() -> Message:
    """A message whose payload holds every kind of JSON."""
    payload: dict[str, Any] = {
        "text": "\N{SNOWMAN} \"'\\",
        "no": 2**53,
        "share": 0.5,
        "yes": True,
        "none": None,
        "list": [1, [], {}],
        "in": {"a": {"b": []}},
    }
    return message(
        7,
        "order \N{SNOWMAN}",
        name="a.b.v2",
        payload=payload,
        trace="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )


def letter(
    number: int, consumer: str = "mail", *, at: datetime = AT, reason: str = "cannot be read"
) -> DeadLetter:
    """A message that *consumer* could not take."""
    return DeadLetter(message=message(number), consumer=consumer, reason=reason, parked_at=at)


class OutboxContract:
    """Give ``outbox`` and ``database``, the one that the outbox lies in."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def outbox(self, database: Database) -> Outbox:
        """The outbox to examine."""

    def test_a_message_comes_back_whole(self, database: Database, outbox: Outbox) -> None:
        self._append(database, outbox, full_message())
        assert self._waiting(outbox) == [full_message()]

    def test_messages_are_written_with_the_state_they_tell_of_or_not_at_all(
        self, database: Database, outbox: Outbox
    ) -> None:
        with database.begin() as tx:
            outbox.append(tx, [message(1)])
        assert self._waiting(outbox) == []
        assert outbox.backlog() == (0, None)

    def test_a_message_is_appended_once_per_id(self, database: Database, outbox: Outbox) -> None:
        self._append(database, outbox, message(1), message(2), message(1))
        self._append(database, outbox, message(2), message(3))
        self._append(database, outbox)
        assert self._waiting(outbox) == [message(1), message(2), message(3)]

    def test_messages_of_one_key_come_oldest_first(
        self, database: Database, outbox: Outbox
    ) -> None:
        keys = [f"order-{n}" for n in range(10)]
        shuffled = [message(n, keys[n % 10]) for n in (*range(1, 60, 2), *range(58, -1, -2))]
        self._append(database, outbox, *shuffled)
        waiting = self._waiting(outbox)
        assert len(waiting) == 60
        for key in keys:
            ids = [m.id for m in waiting if m.partition_key == key]
            assert ids == sorted(ids)

    def test_no_more_is_read_than_the_limit_and_reading_changes_nothing(
        self, database: Database, outbox: Outbox
    ) -> None:
        self._append(database, outbox, *[message(n) for n in range(10)])
        buckets = self._all(outbox)
        for _ in range(2):
            assert outbox.read(buckets, 3) == [message(0), message(1), message(2)]
        assert outbox.read([], 3) == []

    def test_every_message_lies_in_one_bucket_and_those_of_a_key_in_the_same(
        self, database: Database, outbox: Outbox
    ) -> None:
        self._append(database, outbox, *[message(n, f"order-{n // 2}") for n in range(40)])
        by_bucket = {bucket: outbox.read([bucket], 100) for bucket in self._all(outbox)}
        homes = [(m.partition_key, bucket) for bucket, found in by_bucket.items() for m in found]
        assert sum(len(found) for found in by_bucket.values()) == 40
        assert len(set(homes)) == 20
        assert len({bucket for _, bucket in homes}) > 1

    def test_published_messages_are_forgotten_again_and_again(
        self, database: Database, outbox: Outbox
    ) -> None:
        self._append(database, outbox, message(1), message(2, "order-2"), message(3))
        for _ in range(2):
            outbox.delete([message_id(3), message_id(1), message_id(99)])
            assert self._waiting(outbox) == [message(2, "order-2")]
        outbox.delete([])

    def test_more_messages_than_a_statement_can_bind_come_and_go(
        self, database: Database, outbox: Outbox
    ) -> None:
        self._append(database, outbox, *[message(n, f"order-{n % 100}") for n in range(MANY)])
        assert outbox.backlog() == (MANY, AT)
        outbox.delete([message_id(n) for n in range(1, MANY)])
        assert self._waiting(outbox) == [message(0, "order-0")]

    def test_the_backlog_tells_how_many_wait_and_since_when(
        self, database: Database, outbox: Outbox
    ) -> None:
        assert outbox.backlog() == (0, None)
        self._append(database, outbox, message(5), message(3), message(4, "order-2"))
        assert outbox.backlog() == (3, AT + 3 * SECOND)
        assert outbox.backlog(at_most=2) == (2, AT + 3 * SECOND)

    # Leases

    def test_free_buckets_are_taken_and_own_ones_prolonged(self, outbox: Outbox) -> None:
        held = outbox.lease("one", AT, AT + 10 * SECOND)
        assert held == sorted(set(held))
        assert held
        assert outbox.lease("one", AT + SECOND, AT + 20 * SECOND) == held
        assert outbox.lease("two", AT + 15 * SECOND, AT + 30 * SECOND) == []

    def test_a_bucket_is_free_again_when_its_lease_has_run_out(self, outbox: Outbox) -> None:
        held = outbox.lease("one", AT, AT + 10 * SECOND)
        assert (
            outbox.lease("two", AT + 10 * SECOND - timedelta(microseconds=1), AT + 20 * SECOND)
            == []
        )
        assert outbox.lease("two", AT + 10 * SECOND, AT + 20 * SECOND) == held
        assert outbox.lease("one", AT + 11 * SECOND, AT + 21 * SECOND) == []

    def test_a_lease_that_no_clock_could_have_given_is_void(self, outbox: Outbox) -> None:
        ahead = timedelta(days=1)
        held = outbox.lease("one", AT + ahead, AT + ahead + 10 * SECOND)
        assert outbox.lease("two", AT, AT + 10 * SECOND) == held
        assert outbox.lease("three", AT + SECOND, AT + 11 * SECOND) == []

    def test_leases_say_nothing_about_messages(self, database: Database, outbox: Outbox) -> None:
        held = outbox.lease("one", AT, AT + SECOND)
        self._append(database, outbox, message(1))
        assert outbox.lease("two", AT + SECOND, AT + 2 * SECOND) == held
        assert outbox.read(held, 10) == [message(1)]

    # Dead letters

    def test_a_parked_message_is_kept_with_its_reason_and_waits_on_for_the_others(
        self, database: Database, outbox: Outbox
    ) -> None:
        self._append(database, outbox, message(1), full_message())
        parked = DeadLetter(
            message=full_message(),
            consumer="mail",
            reason="no such \N{SNOWMAN}",
            parked_at=AT + SECOND,
        )
        outbox.park([parked])
        assert self._waiting(outbox) == [message(1), full_message()]
        assert outbox.dead_letters(10) == [parked]

    def test_a_message_is_parked_once_per_consumer(self, outbox: Outbox) -> None:
        outbox.park([letter(1), letter(1), letter(1, "search")])
        outbox.park([letter(1, at=AT + SECOND, reason="again")])
        outbox.park([])
        assert {(x.consumer, x.reason) for x in outbox.dead_letters(10)} == {
            ("mail", "cannot be read"),
            ("search", "cannot be read"),
        }
        assert len(outbox.dead_letters(10)) == outbox.count_dead_letters(10) == 2
        assert outbox.count_dead_letters(1) == 1

    def test_the_latest_dead_letters_come_first(self, outbox: Outbox) -> None:
        letters = [letter(n, at=AT + n * SECOND) for n in range(5)]
        outbox.park([letters[n] for n in (2, 0, 4, 1, 3)])
        assert outbox.dead_letters(3) == [letters[4], letters[3], letters[2]]

    def test_a_dead_letter_is_found_by_its_message_for_each_consumer(self, outbox: Outbox) -> None:
        outbox.park([letter(1, "search"), letter(2), letter(1, "mail")])
        assert outbox.letters_of(message_id(1)) == [letter(1, "mail"), letter(1, "search")]
        assert outbox.letters_of("no such id") == []

    def test_what_is_replayed_waits_as_it_was_and_is_a_dead_letter_no_longer(
        self, outbox: Outbox
    ) -> None:
        whole = DeadLetter(
            message=full_message(), consumer="mail", reason="cannot be read", parked_at=AT
        )
        outbox.park([whole, letter(1, "search"), letter(1, "mail"), letter(2)])
        for expected in ([message_id(1), message_id(7)], []):
            assert (
                outbox.replay([message_id(7), message_id(1), message_id(99), message_id(1)])
                == expected
            )
            assert self._waiting(outbox) == [message(1), full_message()]
            assert outbox.dead_letters(10) == [letter(2)]

    def test_what_is_replayed_can_be_parked_again(self, outbox: Outbox) -> None:
        outbox.park([letter(1)])
        outbox.replay([message_id(1)])
        outbox.park([letter(1, at=AT + SECOND, reason="still not")])
        assert outbox.dead_letters(10) == [letter(1, at=AT + SECOND, reason="still not")]

    def test_what_is_discarded_is_a_dead_letter_no_longer_and_it_is_known_who_did_so_and_why(
        self, outbox: Outbox
    ) -> None:
        whole = DeadLetter(
            message=full_message(), consumer="mail", reason="cannot be read", parked_at=AT
        )
        outbox.park([whole, letter(1, "search"), letter(1, "mail"), letter(2)])
        assert outbox.discard(
            [message_id(7), message_id(99), message_id(7)], "ann", "a test", AT
        ) == [message_id(7)]
        for expected in ([message_id(1)], []):
            assert (
                outbox.discard([message_id(1)], "bob", "nobody needs it", AT + SECOND) == expected
            )
        assert outbox.dead_letters(10) == [letter(2)]
        assert self._waiting(outbox) == []
        first, *others = outbox.discarded(10)[::-1]
        assert first == DiscardedLetter(letter=whole, actor="ann", reason="a test", discarded_at=AT)
        assert {(x.letter.consumer, x.actor, x.reason, x.discarded_at) for x in others} == {
            (consumer, "bob", "nobody needs it", AT + SECOND) for consumer in ("mail", "search")
        }
        assert len(outbox.discarded(1)) == 1
        assert outbox.replay([message_id(1), message_id(7)]) == []

    def test_what_is_decided_is_noted_in_the_same_transaction_or_not_at_all(
        self, outbox: Outbox
    ) -> None:
        noted: list[list[str]] = []

        def note(_tx: Transaction, ids: Sequence[MessageId]) -> None:
            noted.append([*ids])

        def fail(_tx: Transaction, _ids: Sequence[MessageId]) -> None:
            raise ValueError("it cannot be written down")

        outbox.park([letter(1), letter(2)])
        with pytest.raises(ValueError, match="written down"):
            outbox.replay([message_id(1)], fail)
        with pytest.raises(ValueError, match="written down"):
            outbox.discard([message_id(1)], "ann", "a test", AT, fail)
        assert len(outbox.dead_letters(10)) == 2
        assert (self._waiting(outbox), outbox.discarded(10)) == ([], [])
        outbox.replay([message_id(1), message_id(9)], note)
        outbox.discard([message_id(2)], "ann", "a test", AT, note)
        assert noted == [[message_id(1)], [message_id(2)]]

    def test_more_messages_than_a_statement_can_bind_are_replayed(self, outbox: Outbox) -> None:
        outbox.park([letter(n) for n in range(MANY)])
        assert len(outbox.replay([message_id(n) for n in range(MANY)])) == MANY
        assert (outbox.backlog()[0], outbox.dead_letters(1)) == (MANY, [])

    def _append(self, database: Database, outbox: Outbox, *messages: Message) -> None:
        with database.begin() as tx:
            outbox.append(tx, messages)
            tx.commit()

    def _all(self, outbox: Outbox) -> list[int]:
        return list(outbox.lease("examiner", AT, AT))

    def _waiting(self, outbox: Outbox) -> list[Message]:
        return list(outbox.read(self._all(outbox), 1_000))


class InboxContract:
    """Give ``inbox`` and ``database``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def inbox(self) -> Inbox:
        """The inbox to examine."""

    def test_a_message_is_seen_first_once(self, database: Database, inbox: Inbox) -> None:
        one, two, three = message(1), full_message(), message(3)
        assert self._see(database, inbox, one, two) == [one, two]
        assert self._see(database, inbox, three, two, one) == [three]
        assert self._see(database, inbox, one, two, three) == []

    def test_new_messages_come_back_in_their_order_and_each_once(
        self, database: Database, inbox: Inbox
    ) -> None:
        given = [message(5), message(1, "z"), message(5), message(3, "a"), message(1, "z")]
        assert self._see(database, inbox, *given) == [message(5), message(1, "z"), message(3, "a")]

    def test_consumers_count_apart(self, database: Database, inbox: Inbox) -> None:
        assert self._see(database, inbox, message(1)) == [message(1)]
        with database.begin() as tx:
            assert inbox.record_new(tx, "search", [message(1)]) == [message(1)]

    def test_what_is_not_committed_was_not_seen(self, database: Database, inbox: Inbox) -> None:
        with database.begin() as tx:
            assert inbox.record_new(tx, "mail", [message(1)]) == [message(1)]
            assert inbox.record_new(tx, "mail", [message(1)]) == []
        assert self._see(database, inbox, message(1)) == [message(1)]

    def test_any_number_of_messages_is_counted(self, database: Database, inbox: Inbox) -> None:
        assert self._see(database, inbox) == []
        many = [message(n, f"order-{n % 7}") for n in range(MANY, 0, -1)]
        assert self._see(database, inbox, *many[:50]) == many[:50]
        assert self._see(database, inbox, *many) == many[50:]

    def test_old_records_are_dropped_a_few_at_a_time_and_count_again(
        self, database: Database, inbox: Inbox
    ) -> None:
        old = [message(n) for n in range(1, 4)]
        young = attrs.evolve(message(9), occurred_at=AT + timedelta(days=1))
        self._see(database, inbox, *old, young)
        with database.begin() as tx:
            assert inbox.forget_before(tx, AT, 10) == 0
            before = AT + timedelta(hours=1)
            assert [inbox.forget_before(tx, before, 2) for _ in range(3)] == [2, 1, 0]
            tx.commit()
        assert self._see(database, inbox, old[0], young) == [old[0]]

    def _see(self, database: Database, inbox: Inbox, *messages: Message) -> list[Message]:
        with database.begin() as tx:
            new = inbox.record_new(tx, "mail", messages)
            tx.commit()
        return list(new)
