"""The worker: every loop of a shop, each on a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Final

from commerce_bootstrap.health import HealthServer
from commerce_bootstrap.metrics import Checks, PartsCollector, QueueCollector
from commerce_bootstrap.probing import down_check
from commerce_bootstrap.shop import Shop
from commerce_core.kernel.errors import Unavailable
from commerce_worker.consumers import CONSUMER_ROLES, DEAD_LETTERS, RELAY, consumer_loops, role_of
from commerce_worker.loop import Loop, Pace, Wakes
from commerce_worker.reindex import IndexKeeper
from commerce_worker.timers import Every, Paced

_LOG: Final = logging.getLogger("commerce.worker")

_MESSAGES: Final = 500
#: Those for a broker are read and forgotten in larger groups, which spares the database; it takes
#: them one by one all the same.
_MESSAGES_FOR_A_BROKER: Final = 2_000
_ROWS: Final = 500
_LEARNT: Final = 1_000
_ENDPOINTS: Final = 64
_NOTICES: Final = 200
_REFUNDS: Final = 20
_RECONCILED: Final = 100
_RECONCILE_EVERY: Final = timedelta(seconds=60)
#: A sweep that is behind reads a day of a gateway's books each time.
_READ_BOOKS_EVERY: Final = timedelta(seconds=30)
#: Orders that would run later than any is put off, as a clock was wrong.
_RECALLED: Final = 500
_RECALL_EVERY: Final = timedelta(seconds=30)
#: Rows that a rule of the retention looks at or drops in one transaction.
_FORGOTTEN: Final = 1_000
_FORGET_EVERY: Final = timedelta(seconds=60)
#: Steps of an erasure that are made before others have their turn.
_ERASED: Final = 25
_DRAIN_EVERY: Final = 10.0
_ATTENTION_EVERY: Final = timedelta(seconds=30)
#: Seconds in which orders gather before those of a shop that works by itself are carried on.
_GATHERED: Final = 0.02

#: The role that follows events with messages to people, and sends these.
NOTIFICATIONS: Final = "notifications"

#: What a loop can be for.
ROLES: Final = (
    "sagas",
    RELAY,
    *CONSUMER_ROLES.values(),
    DEAD_LETTERS,
    "imports",
    "images",
    "reindex",
    "recommendations",
    "timers",
)
#: What brings items into the catalogue and into the index.
ITEM_ROLES: Final = ("imports", "relay", "indexer", "reindex")
#: Who cannot work without the part.
_NEEDS: Final = {
    "search": {"indexer", "reindex"},
    "broker": {"relay", *CONSUMER_ROLES.values(), DEAD_LETTERS},
}


def loops_of(shop: Shop, roles: Collection[str] = ROLES) -> list[Loop]:
    """The loops that do *roles* for *shop*."""
    calm = Pace(idle=0.25, woken=False)
    reconcile = Every(
        _RECONCILE_EVERY, shop.clock, partial(shop.reconciliation.run_once, _RECONCILED)
    )
    read_books = Every(_READ_BOOKS_EVERY, shop.clock, shop.ledger.run_once)
    recall = Every(_RECALL_EVERY, shop.clock, partial(shop.runner.recall, _RECALLED))
    forget = Every(_FORGET_EVERY, shop.clock, partial(shop.retention.run_once, _FORGOTTEN))
    send_links = partial(shop.resets.run_once, _ROWS)
    erase = partial(shop.own_data.run_once, _ERASED)
    forget_images = Every(_FORGET_EVERY, shop.clock, partial(shop.image_processing.forget, 100))
    told = partial(_in_turn(shop, shop.payment_notices.run_once), _NOTICES)
    give_back = partial(_in_turn(shop, shop.refund_runner.run_once), _REFUNDS)
    keeper = IndexKeeper(shop.index, shop.reindexer)
    run_sagas = partial(_in_turn(shop, shop.runner.run_once), shop.runner.calls_at_once)
    learn = partial(shop.model_builder.run_once, _LEARNT)
    post = partial(shop.webhook_sender.run_once, _ENDPOINTS)
    take_rows = partial(shop.importer.run_once, _ROWS)
    attention = Every(_ATTENTION_EVERY, shop.clock, partial(shop.attention.run_once, _RECONCILED))
    send = Paced(shop.notification_sender.run_once, shop.settings.mails_per_second)
    every = [
        ("sagas", Loop("sagas", run_sagas, _saga_pace(shop))),
        ("sagas", Loop("payment-notices", told, Pace(idle=0.25, woken=False))),
        ("sagas", Loop("refunds", give_back, Pace(idle=0.25, woken=False))),
        *((RELAY, loop) for loop in _relay_loops(shop)),
        *consumer_loops(shop),
        ("imports", Loop("imports", take_rows, Pace(idle=0.2, woken=False))),
        ("images", Loop("images", shop.image_processing.run_once, Pace(idle=1.0, woken=False))),
        ("reindex", Loop("reindex", partial(keeper.run_once, _ROWS), calm)),
        (NOTIFICATIONS, Loop("notifications-sender", send, Pace(idle=1.0, woken=False))),
        ("recommendations", Loop("recommendations", learn, Pace(idle=2.0, woken=False))),
        (NOTIFICATIONS, Loop("attention", attention, Pace(idle=1.0, woken=False))),
        ("webhooks", Loop("webhook-sender", post, Pace(idle=0.2, woken=False))),
        ("timers", Loop("timers", reconcile, Pace(idle=1.0, woken=False))),
        ("timers", Loop("ledger", read_books, Pace(idle=1.0, woken=False))),
        ("timers", Loop("recalled", recall, Pace(idle=1.0, woken=False))),
        ("timers", Loop("links", send_links, Pace(idle=0.5, woken=False))),
        ("timers", Loop("erasures", erase, Pace(idle=1.0, woken=False))),
        ("timers", Loop("image-files", forget_images, Pace(idle=1.0, woken=False))),
        ("timers", Loop("retention", forget, Pace(idle=1.0, woken=False))),
    ]
    return [loop for role, loop in every if role in roles]


def _in_turn(shop: Shop, run_once: Callable[[int], int]) -> Callable[[int], int]:
    """*run_once*, one loop at a time where loops of the shop queue."""
    return shop.serializer.serialized(run_once) if shop.serializer else run_once


def _saga_pace(shop: Shop) -> Pace:
    """Where calls answer at once, orders that arrive together are carried on together; elsewhere
    their answers are waited for, and taken as they arrive.
    """
    return Pace(idle=0.1, gather=_GATHERED) if shop.deployment.calls_inside else Pace()


def _relay_loops(shop: Shop) -> list[Loop]:
    """What publishes, and what looks now and then for events that were written when they were
    delivered another way.
    """
    seldom = Pace(idle=_DRAIN_EVERY, woken=False)
    if shop.deployment.delivers_inside:
        return [Loop("relay", partial(shop.relay.publish, _MESSAGES), seldom)]
    publish = partial(shop.relay.publish, _MESSAGES_FOR_A_BROKER if shop.followers else _MESSAGES)
    return [
        Loop("relay", publish, Pace()),
        Loop("left-over", partial(shop.local_queue_drain.run_once, _MESSAGES), seldom),
    ]


class Worker:
    """Runs *loops* on threads until it is stopped. What it leaves undone, the next worker does:
    state lives in the database.
    """

    def __init__(self, wake_up: Wakes, loops: Sequence[Loop]) -> None:
        self._wake_up = wake_up
        self._loops = loops
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(
                target=loop.run,
                args=(self._stop, self._wake_up),
                name=f"worker-{loop.name}",
                daemon=True,
            )
            for loop in loops
        ]

    def start(self) -> None:
        """Begin. Not to be called twice."""
        for thread in self._threads:
            thread.start()

    def failure(self) -> str | None:
        """Which loops do not get on with their work, and why; ``None``: all do."""
        failures = [failure for loop in self._loops if (failure := loop.failure)]
        ended = (
            []
            if self._stop.is_set()
            else [thread.name for thread in self._threads if thread.ident and not thread.is_alive()]
        )
        return "; ".join([*failures, *(f"{name} has ended" for name in ended)]) or None

    def stop(self, timeout: float) -> bool:
        """Let every loop end the turn it is in, for *timeout* seconds in all; whether all did.
        Idempotent.
        """
        self._stop.set()
        self._wake_up.notify()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            if thread.ident:
                thread.join(max(0.0, deadline - time.monotonic()))
        late = [thread.name for thread in self._threads if thread.is_alive()]
        if late:
            _LOG.warning(
                (
                    "%s did not end within %.0f s; what they were at is taken over when its lease "
                    "is over"
                ),
                ", ".join(late),
                timeout,
            )
        return not late


@contextmanager
def working(
    shop: Shop, roles: Collection[str] = ROLES, *, drain: float = 10.0
) -> Generator[Worker]:
    """A worker for *shop* while the block lasts; afterwards it has *drain* seconds to end what it
    is at.
    """
    worker = Worker(shop.work, loops_of(shop, roles))
    worker.start()
    try:
        yield worker
    finally:
        ended = worker.stop(drain)
        if ended and "sagas" in roles:
            _write_answers(shop)
        if ended:
            _give_back(shop, roles)


def _write_answers(shop: Shop) -> None:
    """Record what gateways and carriers still answer in time. A lost call is repeated when its
    lease is over.
    """
    try:
        shop.runner.finish(shop.settings.call_timeout.total_seconds())
    except Unavailable as error:
        _LOG.warning(
            "orders with calls in flight are taken over when their leases are over: %s", error
        )


def _give_back(shop: Shop, roles: Collection[str]) -> None:
    """What relay and consumers hold. Where that fails the lease runs out: it is no reason to end in
    disorder.
    """
    inside = shop.deployment.delivers_inside
    consumers = (
        []
        if inside
        else [f.release for name, f in shop.followers.items() if role_of(shop, name) in roles]
    )
    for release in (*([shop.relay.release] if RELAY in roles else []), *consumers):
        try:
            release()
        except Unavailable as error:
            _LOG.warning("unacknowledged messages are taken over when their lease ends: %s", error)


def run(
    shop: Shop,
    stop: threading.Event,
    roles: Collection[str],
    health: HealthServer,
    started: Callable[[], None],
    *,
    drain: float,
) -> None:
    """Work for *shop* in *roles* until *stop* is set; *started* is called once *health* tells of
    it.
    """
    with working(shop, roles, drain=drain) as worker:
        checks = checks_of(shop, roles, worker)
        shop.registry.register(PartsCollector(checks))
        if "broker" in checks:
            shop.registry.register(QueueCollector(shop.broker))
        health.open(checks, shop.registry)
        started()
        stop.wait()


def checks_of(shop: Shop, roles: Collection[str], worker: Worker) -> Checks:
    """What is wrong with each part that *roles* need."""
    every = {
        **shop.checks,
        "broker": down_check("broker", shop.broker.ping),
        "worker": worker.failure,
    }
    return {
        part: check
        for part, check in every.items()
        if not _NEEDS.get(part, set()).isdisjoint(roles) or part not in _NEEDS
    }
