"""`commerce payments`: gateways' books beside the shop's."""

import csv
import sys
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from commerce_cli.opening import open_shop
from commerce_cli.output import AsJson, Output, WrongCall
from commerce_core.kernel.money import Money

if TYPE_CHECKING:
    from commerce_core.ledger import DaySum

_COLUMNS: Final[tuple[str, ...]] = (
    "day", "gateway", "currency", "kind", "lines", "amount", "knownLines", "knownAmount", "agrees",
)  # fmt: skip
#: More days than this are asked for by mistake.
_MOST_DAYS: Final = 3_700


class Format(StrEnum):
    """How the report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def reconcile(
    *,
    since: Annotated[
        datetime, Parameter(help="The first moment of it: a day, or a day and a time (UTC).")
    ],
    json: AsJson = False,
) -> None:
    """Read the gateways' books from a moment on, and make good what the shop does not know:
    captures on cancelled orders go back, refunds that were made at the gateway count, what belongs
    to no order is listed. May be repeated; the worker does the same every ten minutes.
    """
    out = Output(as_json=json)
    with open_shop() as shop:
        now = shop.clock.now()
        begin = since.replace(tzinfo=since.tzinfo or now.tzinfo)
        if not timedelta() < now - begin < timedelta(days=_MOST_DAYS):
            raise WrongCall("--since must be a moment of the last ten years")
        made = shop.ledger.read(begin)
    for gateway, one in made.items():
        out.say(
            f"{gateway}: {one.seen:,} lines seen, {one.mended:,} made good, "
            f"{one.strange:,} of no order seen for the first time"
        )
    out.answer(
        {
            gateway: {"seen": one.seen, "mended": one.mended, "strange": one.strange}
            for gateway, one in made.items()
        }
    )


def report(
    *,
    since: Annotated[date, Parameter(help="The first day (UTC).")],
    until: Annotated[date | None, Parameter(help="The last day; today without it.")] = None,
    format: Annotated[Format, Parameter(help="table, json or csv.")] = Format.TABLE,
) -> int:
    """Sum the gateways' books by day, currency and kind beside what the shop knows of them; exit 1
    if they do not agree. What happened within the last minutes may not be known yet.
    """
    out = Output(as_json=format is Format.JSON)
    with open_shop() as shop:
        last = until or shop.clock.now().date()
        if not 0 <= (last - since).days < _MOST_DAYS:
            raise WrongCall("--since must not be after --until, nor more than ten years before it")
        rows = [_row(one) for one in shop.ledger_report.days(since, last)]
    if format is Format.CSV:
        writer: csv.DictWriter[str] = csv.DictWriter(sys.stdout, [*_COLUMNS], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        out.table([*rows], _COLUMNS)
        out.answer(rows)
    return 0 if all(row["agrees"] for row in rows) else 1


def _row(one: "DaySum") -> dict[str, Any]:
    return {
        "day": one.day.isoformat(), "gateway": one.gateway, "currency": one.currency,
        "kind": one.kind, "lines": one.lines, "amount": Money(one.minor, one.currency).amount,
        "knownLines": one.known_lines,
        "knownAmount": Money(one.known_minor, one.currency).amount, "agrees": one.agrees,
    }  # fmt: skip
