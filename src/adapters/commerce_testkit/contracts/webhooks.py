"""What every repository of webhooks promises."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import pytest

from commerce_core.kernel.ids import MessageId, SellerId
from commerce_core.kernel.messaging import Message
from commerce_core.kernel.transaction import Database
from commerce_core.webhooks import (
    Answer,
    ClaimedEndpoint,
    DeliveryStatus,
    DisabledBecause,
    Endpoint,
    EndpointId,
    EndpointStatus,
    SendResults,
    WebhookDelivery,
    WebhookRepository,
    delivery_of,
)

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
LEASE: Final = timedelta(seconds=30)
SAM: Final = SellerId("sam")
SUE: Final = SellerId("sue")
MANY: Final = 100


def endpoint(name: str, seller_id: SellerId | None = None, **more: Any) -> Endpoint:
    """An endpoint called *name*."""
    fields: dict[str, Any] = {
        "url": f"https://{name}.shop",
        "events": ("a.v1",),
        "created_at": AT,
        **more,
    }
    return Endpoint(id=EndpointId(name), seller_id=seller_id, updated_at=AT, **fields)


def event(number: int, subject: str = "order") -> Message:
    """Event *number* of *subject*."""
    return Message(
        id=MessageId(f"event-{number:03}"),
        name="a.v1",
        partition_key=subject,
        occurred_at=AT,
        payload={"number": number},
    )


class WebhookRepositoryContract:
    """Give ``database`` and ``repo``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> WebhookRepository:
        """The repository to examine."""

    @pytest.fixture
    def shops(self, database: Database, repo: WebhookRepository) -> Endpoint:
        """An endpoint of the shop."""
        with database.begin() as tx:
            assert repo.insert(tx, endpoint("one"), MANY)
            tx.commit()
        return endpoint("one")

    def enqueued(
        self, database: Database, repo: WebhookRepository, to: Endpoint, *events: Message
    ) -> Sequence[WebhookDelivery]:
        """Deliveries of *events* that wait."""
        made = [delivery_of(each, to, AT) for each in events]
        with database.begin() as tx:
            assert repo.enqueue(tx, made, AT, MANY) == []
            tx.commit()
        return made

    def claimed(
        self, database: Database, repo: WebhookRepository, now: datetime = AT
    ) -> tuple[Sequence[ClaimedEndpoint], Sequence[str]]:
        """What one process gets, and the events that are due for it."""
        with database.begin() as tx:
            claims = repo.claim(tx, now, now + LEASE, MANY)
            due = repo.due(tx, {c.endpoint.id: MANY for c in claims}, now)
            tx.commit()
        return claims, [d.event_id for found in due.values() for d in found]

    def answered(
        self,
        database: Database,
        repo: WebhookRepository,
        claim: ClaimedEndpoint,
        answer: Answer,
        now: datetime = AT,
        **more: Any,
    ) -> Sequence[EndpointId]:
        """Record that everything that is due was answered so."""
        with database.begin() as tx:
            due = repo.due(tx, {claim.endpoint.id: MANY}, now).get(claim.endpoint.id, ())
            results = SendResults(
                claimed=claim, deliveries=[d.after(answer, now) for d in due], **more
            )
            held = repo.record(tx, [results], now)
            tx.commit()
        return held

    def test_an_endpoint_comes_back_as_it_was_written(
        self, database: Database, repo: WebhookRepository
    ) -> None:
        full = endpoint(
            "full",
            SAM,
            description="the warehouse",
            events=("a.v1", "b.v1"),
            status=EndpointStatus.DISABLED,
            disabled_because=DisabledBecause.GONE,
            generation=3,
            former_until=AT + SECOND,
            failing_since=AT,
            version=4,
        )
        with database.begin() as tx:
            repo.insert(tx, full, MANY)
            repo.insert(tx, full, MANY)
            assert repo.load(tx, full.id) == full
            assert repo.load(tx, EndpointId("nothing")) is None
            assert repo.of_owner(tx, SAM) == [full]

    def test_an_owner_has_a_bounded_number_of_endpoints(
        self, database: Database, repo: WebhookRepository
    ) -> None:
        with database.begin() as tx:
            for name in ("a", "b"):
                assert repo.insert(tx, endpoint(name, SAM), 2)
            assert not repo.insert(tx, endpoint("c", SAM), 2)
            assert repo.insert(tx, endpoint("d", SUE), 2)
            assert repo.insert(tx, endpoint("e"), 2)
            repo.delete(tx, EndpointId("a"), AT)
            assert repo.insert(tx, endpoint("c", SAM), 2)
            assert [each.id for each in repo.of_owner(tx, SAM)] == ["b", "c"]
            assert [each.id for each in repo.of_owner(tx, None)] == ["e"]

    def test_a_change_is_written_over_the_version_before_alone(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        changed = attrs.evolve(shops, url="https://other.shop", version=2)
        with database.begin() as tx:
            assert repo.update(tx, changed)
            assert not repo.update(tx, attrs.evolve(shops, url="https://late.shop", version=2))
            assert repo.load(tx, shops.id) == changed

    def test_events_find_the_active_endpoints_of_the_shop_and_of_sellers(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        with database.begin() as tx:
            assert repo.of_the_shop(tx) == ([shops], False)
            for name, owner in (("sam's", SAM), ("sue's", SUE)):
                repo.insert(tx, endpoint(name, owner), MANY)
            assert repo.of_the_shop(tx) == ([shops], True)
            assert [each.id for each in repo.of_sellers(tx, [SAM, SUE])] == ["sam's", "sue's"]
            repo.disable(tx, EndpointId("sam's"), DisabledBecause.OWNER, AT)
            assert [each.id for each in repo.of_sellers(tx, [SAM, SUE])] == ["sue's"]
            repo.delete(tx, EndpointId("sue's"), AT)
            assert repo.of_the_shop(tx) == ([shops], False)

    def test_of_one_subject_the_next_is_due_when_the_one_before_is_over(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        self.enqueued(database, repo, shops, event(2), event(1), event(3, "other"))
        (claim,), due = self.claimed(database, repo)
        assert sorted(due) == ["event-001", "event-003"]
        assert self.answered(database, repo, claim, Answer(status=204)) == [shops.id]
        assert self.claimed(database, repo)[1] == ["event-002"]

    def test_what_comes_while_another_of_its_subject_is_tried_again_waits_for_it(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        self.enqueued(database, repo, shops, event(1))
        (claim,), _ = self.claimed(database, repo)
        self.answered(database, repo, claim, Answer(status=500), failing_since=AT)
        self.enqueued(database, repo, shops, event(2), event(3, "other"))
        (claim,), due = self.claimed(database, repo)
        assert (due, claim.endpoint.failing_since) == (["event-003"], AT)
        self.answered(database, repo, claim, Answer(status=200))
        assert self.claimed(database, repo)[0] == []
        later = AT + timedelta(minutes=1)
        (claim,), due = self.claimed(database, repo, later)
        assert due == ["event-001"]
        self.answered(database, repo, claim, Answer(status=200), later)
        assert self.claimed(database, repo, later)[1] == ["event-002"]

    def test_an_endpoint_is_one_process_s_until_its_lease_is_over(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        self.enqueued(database, repo, shops, event(1))
        (first,), _ = self.claimed(database, repo)
        for now in (AT, AT + LEASE):
            assert self.claimed(database, repo, now)[0] == []
            with database.snapshot() as tx:
                assert not repo.any_due(tx, now, now + LEASE)
        with database.snapshot() as tx:
            assert repo.any_due(tx, AT + LEASE + SECOND, AT + 2 * LEASE + SECOND)
            assert repo.any_due(tx, AT - timedelta(days=1), AT - timedelta(days=1) + LEASE) is False
        (second,), due = self.claimed(database, repo, AT + LEASE + SECOND)
        assert (due, second.fence) == (["event-001"], first.fence + 1)
        assert self.answered(database, repo, first, Answer(status=200)) == []
        with database.snapshot() as tx:
            (left,) = repo.deliveries(tx, shops.id, None, None, MANY)
        assert left.status is DeliveryStatus.PENDING

    def test_who_wants_to_be_left_alone_is(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        self.enqueued(database, repo, shops, event(1))
        (claim,), _ = self.claimed(database, repo)
        until = AT + timedelta(hours=1)
        self.answered(database, repo, claim, Answer(status=429), leave_alone=until)
        self.enqueued(database, repo, shops, event(2, "other"))
        assert self.claimed(database, repo, until - SECOND)[0] == []
        assert sorted(self.claimed(database, repo, until)[1]) == ["event-001", "event-002"]

    def test_a_delivery_is_written_once_and_no_more_wait_than_may(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        made = self.enqueued(database, repo, shops, event(1), event(2))
        with database.begin() as tx:
            assert repo.enqueue(tx, made, AT, 4) == []
            more = [delivery_of(event(number), shops, AT) for number in (3, 4, 5)]
            assert repo.enqueue(tx, more, AT, 4) == [shops.id]
            assert repo.enqueue(tx, more[:2], AT, 4) == []
            found = repo.load(tx, shops.id)
            assert found is not None
            assert found.waiting == 4

    def test_a_disabled_endpoint_gives_up_what_waits_and_gets_nothing(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        self.enqueued(database, repo, shops, event(1), event(2))
        with database.begin() as tx:
            assert repo.disable(tx, shops.id, DisabledBecause.FAILING, AT)
            assert not repo.disable(tx, shops.id, DisabledBecause.GONE, AT)
            assert repo.enqueue(tx, [delivery_of(event(3), shops, AT)], AT, MANY) == []
            given_up = repo.deliveries(tx, shops.id, DeliveryStatus.FAILED, None, MANY)
            assert [d.event_id for d in given_up] and len(given_up) == 2
            assert repo.claim(tx, AT, AT + LEASE, MANY) == []
            found = repo.load(tx, shops.id)
            assert found is not None
            assert (found.waiting, found.disabled_because) == (0, DisabledBecause.FAILING)

    def test_a_delivery_comes_back_as_it_was_written_and_pages_have_each_once(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        made = self.enqueued(database, repo, shops, *(event(number) for number in range(5)))
        (claim,), _ = self.claimed(database, repo)
        self.answered(database, repo, claim, Answer(status=503, error="it answered 503"))
        with database.snapshot() as tx:
            first = repo.delivery(tx, shops.id, made[0].id)
            assert first is not None
            assert attrs.evolve(first, next_at=None) == attrs.evolve(
                made[0], attempts=1, first_at=AT, answered=503, error="it answered 503"
            )
            assert repo.delivery(tx, EndpointId("other"), made[0].id) is None
            page = repo.deliveries(tx, shops.id, None, None, 3)
            rest = repo.deliveries(tx, shops.id, None, (page[-1].created_at, page[-1].id), 3)
            assert [len(page), len(rest)] == [3, 2]
            assert {d.id for d in (*page, *rest)} == {d.id for d in made}
            assert repo.deliveries(tx, shops.id, DeliveryStatus.DELIVERED, None, 3) == []

    def test_a_delivery_that_is_over_is_sent_again_and_one_that_waits_is_sent_now(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        (made,) = self.enqueued(database, repo, shops, event(1))
        for status, later in ((200, AT + SECOND), (500, AT + 2 * SECOND), (200, AT + 3 * SECOND)):
            (claim,), due = self.claimed(database, repo, later)
            assert due == [made.event_id]
            self.answered(database, repo, claim, Answer(status=status), later)
            assert self.claimed(database, repo, later)[0] == []
            with database.begin() as tx:
                found = repo.delivery(tx, shops.id, made.id)
                assert found is not None
                assert repo.redeliver(tx, found, later, MANY)
                assert repo.redeliver(tx, found, later, MANY)
                endpoint_now = repo.load(tx, shops.id)
                assert endpoint_now is not None
                assert endpoint_now.waiting == 1
                tx.commit()

    def test_what_ended_long_ago_and_what_was_deleted_is_forgotten(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        events = [event(number, f"order {number}") for number in range(5)]
        self.enqueued(database, repo, shops, *events)
        (claim,), _ = self.claimed(database, repo)
        self.answered(database, repo, claim, Answer(status=200))
        self.enqueued(database, repo, shops, event(9))
        with database.begin() as tx:
            assert repo.drop_finished(tx, AT, MANY) == 0
            assert [repo.drop_finished(tx, AT + SECOND, 3) for _ in range(3)] == [3, 2, 0]
            repo.delete(tx, shops.id, AT)
            assert repo.load(tx, shops.id) is None
            assert repo.claim(tx, AT, AT + LEASE, MANY) == []
            assert repo.drop_finished(tx, AT, MANY) == 2
            assert repo.drop_finished(tx, AT, MANY) == 0

    def test_the_audit_counts_what_waits_and_finds_every_subject_in_its_turn(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        self.enqueued(database, repo, shops, event(1), event(2), event(3, "other"))
        with database.begin() as tx:
            for name in ("gone", "z"):
                repo.insert(tx, endpoint(name), MANY)
            repo.delete(tx, EndpointId("gone"), AT)
            tx.commit()
        with database.snapshot() as tx:
            found = [repo.audit(tx, None, 1), repo.audit(tx, shops.id, MANY)]
        assert [(each.endpoint_id, each.said, each.waiting, each.stuck) for (each,) in found] == [
            ("one", 3, 3, 0),
            ("z", 0, 0, 0),
        ]

    def test_figures_tell_what_waits_and_who_fails(
        self, database: Database, repo: WebhookRepository, shops: Endpoint
    ) -> None:
        self.enqueued(database, repo, shops, event(1), event(2))
        (claim,), _ = self.claimed(database, repo)
        with database.begin() as tx:
            for name, because in (("off", DisabledBecause.OWNER), ("gone", DisabledBecause.GONE)):
                repo.insert(tx, endpoint(name, SAM), MANY)
                repo.disable(tx, EndpointId(name), because, AT)
            found = repo.stats(tx, 1)
            assert (found.waiting, found.oldest_due) == (1, AT)
            assert (found.failing, found.disabled) == (0, 1)
            tx.commit()
        self.answered(database, repo, claim, Answer(status=500), failing_since=AT)
        with database.snapshot() as tx:
            assert (repo.stats(tx, MANY).waiting, repo.stats(tx, MANY).failing) == (2, 1)
