"""The endpoints that only read: single objects, lists, search, events."""

import json
from collections.abc import Callable

from . import params as p
from . import searching
from .calls import Answer, Call, found
from .errors import invalid, missing
from .tables import Table, plain
from .world import DAY, summary


def search_intents(call: Call) -> Answer:
    p.only(call.params, frozenset({"query", "limit", "page", "expand"}))
    matches = searching.query(p.required(call.params, "query"))
    indexed = call.ledger.world.clock.time() - call.ledger.world.settings.search_lag
    paging = {"limit": call.params.get("limit"), "starting_after": call.params.get("page")}
    rows, more = call.ledger.intents.page(
        {name: value for name, value in paging.items() if value},
        lambda row: call.ledger.visible(row) and row["created"] <= indexed and matches(row),
    )
    return {
        "object": "search_result",
        "data": [plain(row) for row in rows],
        "has_more": more,
        "next_page": rows[-1]["id"] if more else None,
        "url": "/v1/payment_intents/search",
    }


def account(call: Call) -> Answer:
    return summary(call.ledger)


def balance(call: Call) -> Answer:
    sums: dict[str, int] = {}
    for move in call.ledger.moves.all():
        sums[move["currency"]] = sums.get(move["currency"], 0) + move["net"]
    pending = [{"amount": each, "currency": currency} for currency, each in sums.items()]
    livemode = call.ledger.livemode
    return {"object": "balance", "available": [], "livemode": livemode, "pending": pending}


def events(call: Call) -> Answer:
    """Events of the last 30 days."""
    names = p.LIST | {"type", "types", "delivery_success"}
    p.only(call.params, frozenset(names))
    type_, types = p.text(call.params, "type"), set(p.strings(call.params, "types"))
    if len(types) > 20:
        raise invalid("You may only specify up to 20 event types.", param="types")
    types |= {type_} if type_ else set()
    rows, more = call.ledger.events.page(
        call.params,
        lambda row: not types or any(_is(row["type"], each) for each in types),
        since=call.ledger.world.now() - 30 * DAY,
    )
    data = [json.loads(row["json"]) for row in rows]
    return {"object": "list", "data": data, "has_more": more, "url": "/v1/events"}


def _is(type_: str, wanted: str) -> bool:
    return type_ == wanted or (wanted.endswith("*") and type_.startswith(wanted[:-1]))


def event(call: Call) -> Answer:
    row = call.ledger.events.get(call.id)
    if row is None or row["created"] < call.ledger.world.now() - 30 * DAY:
        raise missing("event", call.id, param="id")
    found: Answer = json.loads(row["json"])
    return found


def listed(name: str, *fields: str) -> Callable[[Call], Answer]:
    """The list of a table, by the fields that it may be asked by."""

    def answer(call: Call) -> Answer:
        p.only(call.params, p.LIST | set(fields))
        plain_fields = [each for each in fields if each in {"type", "currency", "customer"}]
        wanted = {each: p.text(call.params, each) for each in plain_fields}
        wanted = {each: value for each, value in wanted.items() if value is not None}
        table: Table = getattr(call.ledger, _TABLES[name])
        rows, more = table.page(
            call.params,
            lambda row: (
                call.ledger.visible(row)
                and all(row.get(each) == value for each, value in wanted.items())
            ),
        )
        data = [plain(row) for row in rows]
        return {"object": "list", "data": data, "has_more": more, "url": f"/v1/{name}"}

    return answer


def one(name: str, param: str) -> Callable[[Call], Answer]:
    """An object of a table by its id."""

    def answer(call: Call) -> Answer:
        p.only(call.params, frozenset({"expand", "client_secret"}))
        return found(call, getattr(call.ledger, _TABLES[name]), param)

    return answer


_TABLES = {
    "payment_intents": "intents",
    "charges": "charges",
    "refunds": "refunds",
    "disputes": "disputes",
    "balance_transactions": "moves",
}
