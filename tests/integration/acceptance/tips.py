"""Requests for recommendations, on which the statements are counted."""

from collections.abc import Callable

from tests.integration.acceptance.quarters import Quarter
from tests.integration.http.people import Person

Send = Callable[[], object]


def home(q: Quarter) -> Send:
    learnt(q)
    return lambda: q.send(q.buyer, "GET", "/recommendations")


def home_of_a_guest(q: Quarter) -> Send:
    learnt(q)
    return lambda: q.send(Person(q.client), "GET", "/recommendations")


def beside(q: Quarter) -> Send:
    learnt(q)
    path = f"/recommendations?itemId={q.items[0].item.id}&size=10"
    return lambda: q.send(q.buyer, "GET", path)


def learnt(q: Quarter) -> None:
    builder = q.market.shop.model_builder
    while builder.run_once(500):
        pass
