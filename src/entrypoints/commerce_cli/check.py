"""`commerce check`: every invariant over what is stored, over the gateways' books and over the
search index.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from commerce_cli.opening import open_shop
from commerce_cli.output import AsJson, Output
from commerce_core.kernel.audit import Violation
from commerce_core.kernel.errors import Unavailable

if TYPE_CHECKING:
    from commerce_bootstrap.shop import Shop
    from commerce_core.kernel.messaging import DeadLetter

#: What a person does about a violation.
_REPAIRS: Final = {
    "S1": (
        "Stop selling the item, count it, and bring the ledger in line with a stock receipt; "
        "then find out what wrote the counter."
    ),
    "S2": (
        "Compare the counter with the movements and holds of the SKU; the ledger is right, the "
        "counter is to be set to it."
    ),
    "S3": (
        "More was sold than there is: decide which orders cannot be shipped and compensate them "
        "with `commerce sagas compensate`."
    ),
    "S4": "Refund all but one capture at the gateway, and keep its references.",
    "S5": "Refund the difference at the gateway, or charge it there, and keep the reference.",
    "S6": (
        "Too much was given back: compare the gateway's books with the order and settle the rest "
        "with the buyer."
    ),
    "S7": (
        "A call went out under the order's key with another body: compare it with the gateway's "
        "books before anything is repeated."
    ),
    "S8": (
        "Look the charge up in the gateway's books and record it with `commerce sagas resolve`."
    ),
    "S9": (
        "The timeline was changed by another program than the shop: compare it with the log and "
        "with a backup."
    ),
    "S11": (
        "Two orders answer to one request of the buyer: settle with the buyer which one stays, "
        "and compensate the other."
    ),
    "S13": (
        "Money came for an order that is cancelled: the worker pays it back within minutes; if "
        "it stays, refund it at the gateway."
    ),
    "S16": "Compare the order with its cart; the order is what was paid for.",
    "S17": (
        "Compare lines, adjustments and total with "
        "the gateway's capture; refund a difference there."
    ),
    "S18": (
        "Two orders answer to one number, or a number leads nowhere: compare the tables orders "
        "and order_number, and tell the buyer which number is right."
    ),
    "S19": (
        "A wishlist's counter is wrong: set `wishlist_size` to the number of its entries, while "
        "nothing else writes them."
    ),
    "S20": "Disable the endpoint and enable it again; redeliver what its list shows as failed.",
    "S21": (
        "The goods of an order that waits for its buyer are not held: cancel it with `commerce "
        "sagas` once the gateway shows that it was not charged."
    ),
    "S22": (
        "An order was looked after for a notice about something else: nothing came of it but a "
        "question to the gateway; find out what wrote `payment_notice`."
    ),
    "S23": (
        "Compare the order's refunds (`payment_refund`) with the gateway's books, and set "
        "`payment_sum` to what they sum to, while no worker runs."
    ),
    "L1": (
        "See `commerce sagas show`: it should be alarmed and is not; let it run again with "
        "`commerce sagas retry`."
    ),
    "L2": (
        "See `commerce sagas show` and the gateway's and carrier's books; finish by hand "
        "there what is missing."
    ),
    "L5": (
        "Let the saga run again with `commerce sagas retry`; if it stays, the worker that held "
        "it has a defect."
    ),
    "L7": "Rebuild the index with `commerce reindex`.",
    "L6": (
        "See `commerce notifications list`, and whether a worker has the role `notifications`; its "
        "events may be among the dead letters."
    ),
    "L8": (
        "Fetch the missing entry from the gateway and record it; a capture without an order is "
        "to be refunded."
    ),
    "L11": "Put the order's lines into a cart of its buyer, or inform the buyer.",
    "L12": (
        "What waits: see whether a worker has the role `images`, and its log. What has lost a "
        "file: restore it from a backup of the media store, or delete the image and upload it "
        "again."
    ),
    "L13": (
        "See whether a worker has the role `timers`, and its log. What is left of a closed account "
        "may be deleted."
    ),
    "L14": "Disable the endpoint and enable it again; redeliver what its list shows as failed.",
    "L16": "See whether a worker has the role `sagas`, and its log.",
    "L17": (
        "See whether a worker has the role `sagas`, and its log; look the refund up in the "
        "gateway's books."
    ),
    "L18": (
        "See whether a worker has the role `timers`, and its log; `commerce payments reconcile` "
        "reads the books by hand."
    ),
    "L15": "Delete the order's row of `payment_action`: nothing needs it any more.",
}
_ELSE: Final = (
    "See `commerce sagas show` and the log; keep the database as it is until it is understood."
)


def check(
    *,
    repair_report: Annotated[
        bool, Parameter(negative="", help="Say for each violation what a person should do.")
    ] = False,
    json: AsJson = False,
) -> int:
    """Check that nothing is oversold, charged twice, lost or left behind. Changes nothing; exit 1
    if something is wrong.
    """
    out = Output(as_json=json)
    with open_shop() as shop:
        with out.progress("checking") as report:
            report(0, "orders, stock and money")
            found = shop.checker.check()
            report(0, "search index")
            violations = [*found.violations, *_stale(shop)]
        at_broker = _at_broker(shop)
        letters = shop.outbox.dead_letters(found.dead_letters or 1)
    rows = [_row(v, with_repair=repair_report) for v in violations]
    out.say(
        f"{found.orders:,} orders and {found.skus:,} SKUs; {found.unfinished:,} orders under way, "
        f"{found.alarmed:,} of them alarmed."
    )
    for order_id in found.alarmed_orders:
        out.say(f"alarmed: order {order_id} (`commerce sagas show {order_id}` shows why)")
    waiting = found.waiting_messages + sum((at_broker or {}).values())
    if waiting:
        out.say(f"{waiting:,} messages wait to be delivered.")
    if at_broker is None:
        out.warn("What waits at the broker is not counted: it does not say.")
    for row in rows:
        out.say(f"{row['invariant']} {row['subject']}: {row['detail']}")
        if repair_report:
            out.say(f"    {row['repair']}")
    for letter in letters:
        out.say(
            f"dead letter {letter.message.id} ({letter.message.name}) for {letter.consumer}: "
            f"{letter.reason}"
        )
    clean = not rows and not letters
    out.say(
        "Everything holds."
        if clean
        else f"{len(rows):,} violations, {found.dead_letters:,} dead letters."
    )
    counts = {name: getattr(found, name) for name in ("orders", "skus", "unfinished", "alarmed")}
    out.answer(
        {
            "clean": clean,
            "atRest": found.at_rest and not waiting and at_broker is not None,
            **counts,
            "waitingMessages": waiting,
        }
        | {"alarmedOrders": list(found.alarmed_orders)}
        | {"violations": rows, "deadLetters": [_letter(letter) for letter in letters]}
    )
    return 0 if clean else 1


def _stale(shop: "Shop") -> list[Violation]:
    return [
        Violation(
            invariant="L7",
            subject=f"item {item_id}",
            detail=f"version {expected} in the catalogue, {found or 'none'} in the index",
        )
        for item_id, expected, found in shop.index_audit.stale()
    ]


def _at_broker(shop: "Shop") -> Mapping[str, int] | None:
    """What waits at the broker for each consumer, without its unacknowledged messages, which AMQP
    does not count; ``None``: it does not say. Nothing inside the shop, whose queues were counted
    with its database.
    """
    if shop.deployment.delivers_inside:
        return {}
    try:
        return shop.broker.waiting()
    except Unavailable:
        return None


def _row(violation: Violation, *, with_repair: bool) -> dict[str, Any]:
    row = {
        "invariant": violation.invariant,
        "subject": violation.subject,
        "detail": violation.detail,
    }
    return row | {"repair": _REPAIRS.get(violation.invariant, _ELSE)} if with_repair else row


def _letter(letter: "DeadLetter") -> dict[str, Any]:
    message = letter.message
    return {
        "id": message.id,
        "name": message.name,
        "consumer": letter.consumer,
        "reason": letter.reason,
        "parkedAt": letter.parked_at.isoformat(),
    }
