"""A broker that dies, stops, blocks or loses its queues: nothing that was written is lost, and
everything is counted once.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commerce_core.kernel.errors import Unavailable
from commerce_rabbitmq import publisher
from tests.integration.rabbitmq.office import Office, message, until
from tests.servers import RabbitServer, fresh_vhost


@pytest.fixture
def office(mortal: RabbitServer, tmp_path: Path) -> Iterator[Office]:
    """An office at a server that may be killed."""
    mortal.start()
    with fresh_vhost(mortal.url, mortal.management_url) as address:
        opened = Office(tmp_path, address)
        yield opened
        opened.close()
        mortal.start()


@pytest.fixture
def settled(mortal: RabbitServer, office: Office) -> Office:
    """An office whose queues were there when the server last began.

    One that is killed within the second in which a quorum queue is made may forget the queue's half
    of it.
    """
    office.broker.ping()
    mortal.stop()
    mortal.start()
    return office


def test_20_confirms_that_a_killed_broker_owes_lose_no_message(
    mortal: RabbitServer, settled: Office
) -> None:
    everything = list(range(4_000))
    settled.happen(*everything)
    until(lambda: _there(settled))
    until(lambda: not settled.relayed() and settled.outbox.backlog()[0] < 4_000)
    killer = threading.Thread(target=mortal.kill)
    killer.start()
    until(lambda: not settled.relayed() and not killer.is_alive())
    killer.join()
    waiting = settled.outbox.backlog()[0]
    assert 0 < waiting < 4_000, "the broker was to die while messages were on their way"
    with pytest.raises(Unavailable):
        settled.broker.ping()
    mortal.start()
    until(settled.counted(4_000), 60)
    until(settled.followed)
    assert sorted(settled.tally.counted) == everything
    assert settled.inbox_rows() == 4_000
    assert settled.outbox.dead_letters(1) == []


def test_a_broker_that_is_stopped_keeps_what_it_has_and_the_outbox_the_rest(
    mortal: RabbitServer, office: Office
) -> None:
    office.happen(*range(300))
    assert office.relayed()
    mortal.stop()
    office.happen(*range(300, 500))
    assert not office.relayed()
    assert not office.followed()
    assert office.outbox.backlog()[0] == 200
    mortal.start()
    until(office.counted(500), 60)
    assert sorted(office.tally.counted) == list(range(500))


def test_a_consumer_in_the_middle_of_a_group_when_the_broker_dies_counts_it_once(
    mortal: RabbitServer, settled: Office
) -> None:
    settled.happen(*range(50))
    assert settled.relayed()

    def crash(_: object) -> None:
        settled.tally.before = lambda _: None
        mortal.kill()

    settled.tally.before = crash
    settled.followed()  # takes the group although the broker is gone; what it settles nobody hears
    mortal.start()
    until(settled.counted(50), 60)
    until(settled.followed)
    assert sorted(settled.tally.counted) == list(range(50))
    assert len(settled.tally.handed) > 50, (
        "nothing came twice: the test does not show what it is to show"
    )


def test_while_a_broker_is_blocked_nothing_is_taken_nor_written_to_it_again_and_again(
    mortal: RabbitServer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "_CONFIRM", 0.5)
    monkeypatch.setattr(publisher, "_UNBLOCK", 0.1)
    office.happen(0)
    assert office.relayed()
    mortal.control("set_vm_memory_high_watermark", "0")
    try:
        office.happen(*range(1, 101))
        for _ in range(5):
            assert not office.relayed()
        with pytest.raises(Unavailable, match="accepts no messages now"):
            office.broker.ping()
        assert office.outbox.backlog()[0] == 100
    finally:
        mortal.control("set_vm_memory_high_watermark", "0.4")
    until(office.counted(101))
    until(office.followed)
    assert sorted(office.tally.counted) == list(range(101))
    assert len(office.tally.handed) <= 201, (
        "only the round in which the broker was found blocked may come twice"
    )


def test_a_message_that_finds_no_queue_is_not_taken_and_the_queue_is_declared_anew(
    mortal: RabbitServer, office: Office
) -> None:
    office.happen(1)
    assert office.relayed()
    mortal.control("delete_queue", "-p", office.vhost, "commerce.tally")
    office.happen(2, 3)
    with pytest.raises(Unavailable, match="none of 2 messages"):
        office.relay.run_once(10)
    assert office.outbox.backlog()[0] == 2
    until(office.counted(2))
    assert office.tally.counted == [2, 3]


def test_a_consumer_whose_queue_was_deleted_declares_it_and_goes_on(
    mortal: RabbitServer, office: Office
) -> None:
    office.happen(1)
    until(office.counted(1))
    mortal.control("delete_queue", "-p", office.vhost, "commerce.tally")
    office.happen(2)
    until(office.counted(2))
    assert office.tally.counted == [1, 2]


def test_a_handler_that_takes_longer_than_the_heartbeat_keeps_its_connection(
    address: str, tmp_path: Path
) -> None:
    office = Office(tmp_path, f"{address}?heartbeat=1")
    try:
        office.happen(1, 2)
        assert office.relayed()

        def slow(_: object) -> None:
            time.sleep(4)  # more than the two heartbeats after which the broker hangs up

        office.tally.before = slow
        until(lambda: bool(office.followed() or office.tally.handed))
        office.tally.before = lambda _: None
        until(office.followed)
        assert office.tally.handed == [1, 2], "they came twice: the connection was lost meanwhile"
    finally:
        office.close()


def test_the_order_within_a_partition_key_is_kept(mortal: RabbitServer, office: Office) -> None:
    office.happen(*range(2_000))
    until(office.counted(2_000))
    for key in range(10):
        of_key = [n for n in office.tally.counted if n % 10 == key]
        assert of_key == sorted(of_key)


def test_what_the_relay_publishes_twice_is_counted_once(
    mortal: RabbitServer, office: Office
) -> None:
    for _ in range(2):
        assert len(office.broker.publish([message(n) for n in range(100)])) == 100
    until(lambda: office.followed() and len(office.tally.handed) == 200)
    assert office.tally.counted == list(range(100))
    assert office.inbox_rows() == 100


def test_one_that_dies_with_unacknowledged_messages_leaves_them_to_the_next(
    mortal: RabbitServer, office: Office, tmp_path: Path
) -> None:
    office.happen(*range(20))
    assert office.relayed()
    queue = office.broker.queues()["tally"]
    until(lambda: len(queue.receive(100)) == 20)
    office.broker.close()
    until(office.counted(20))
    assert office.tally.counted == list(range(20))


def _there(office: Office) -> bool:
    try:
        office.broker.ping()
    except Unavailable:
        return False
    return True
