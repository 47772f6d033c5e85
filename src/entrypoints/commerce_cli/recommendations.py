"""`commerce recommendations`: build the model, explain it, and judge it on a history of orders."""

import gzip
import json as json_text
import resource
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, Final, cast

from cyclopts import Parameter

from commerce_bootstrap.extras import counting_of_co_purchases
from commerce_cli.opening import open_shop
from commerce_cli.output import AsJson, Output, WrongCall
from commerce_core.kernel.ids import BuyerId, ItemId, OrderId
from commerce_core.recommendations import Learning, ModelStatus, Purchase
from commerce_core.recommendations.service.evaluate import Score
from commerce_core.recommendations.service.evaluate import evaluate as judge

_GZIP: Final = b"\x1f\x8b"
_LONGEST_LINE: Final = 1 << 22
_COLUMNS: Final = ("first 20 of", "hit rate", "recall", "NDCG", "buyers")
_ORDERS: Final = 1_000
_POLL_EVERY: Final = 0.1
_ROWS: Final = {
    "model": "the model",
    "popular": "most popular",
    "recent": "most popular in 28 days",
    "newBuyers": "the model, new buyers",
}


def build(*, json: AsJson = False) -> None:
    """Build a new model from the completed orders beside the one that serves, and switch to it when
    it is complete.
    """
    out = Output(as_json=json)
    with open_shop() as shop:
        builder = shop.model_builder
        model = builder.request()
        with out.progress("learning") as report:
            while model.status is not ModelStatus.READY:
                if not builder.run_once(_ORDERS):  # another process is at it
                    shop.work.wait(shop.work.count(), _POLL_EVERY)
                model = builder.find(model.id) or model
                report(model.orders, f"{model.orders:,} orders, {model.items:,} items")
    out.say(f"{model.orders:,} orders told of {model.items:,} items.")
    out.answer(
        {
            "modelId": model.id,
            "status": model.status.value,
            "orders": model.orders,
            "items": model.items,
        }
    )


def explain(item_id: str, /, *, size: int = 10, json: AsJson = False) -> int:
    """Explain what goes with ITEM: its popularity, and what is bought with it by how much."""
    out = Output(as_json=json)
    with open_shop() as shop:
        found = shop.recommendations.explain(item_id, size)
    if found is None:
        out.say("Nothing is known of this item: no model is built, or nobody bought it.")
        out.answer(None)
        return 1
    out.say(f"Of {found.model.orders:,} orders: popularity {found.popularity:.3f} of 1.")
    for near in found.neighbours:
        out.say(f"   {near.score:8.3f}  {near.item_id}  {found.names.get(near.item_id, '')}")
    out.answer(
        {
            "modelId": found.model.id,
            "popularity": found.popularity,
            "boughtWith": [
                {"itemId": n.item_id, "name": found.names.get(n.item_id), "score": n.score}
                for n in found.neighbours
            ],
        }
    )
    return 0


def evaluate(
    *,
    orders: Annotated[
        Path, Parameter(help="JSON lines with order, customer, at and lines; gzip or plain.")
    ],
    until: Annotated[
        str, Parameter(help="Learn from orders before this day of UTC or moment, judge the rest.")
    ],
    json: AsJson = False,
) -> None:
    """Learn from a history of orders before a day, and judge recommendations by what was bought
    from then on: hit rate, recall and NDCG of the first 20. No shop is needed.
    """
    out = Output(as_json=json)
    began, day = time.monotonic(), _moment(until)
    found = judge(lambda: _purchases(orders), day, counting_of_co_purchases(), Learning())
    scores = dict(
        zip(_ROWS, (found.model, found.popular, found.recent, found.new_buyers), strict=True)
    )
    seconds = round(time.monotonic() - began, 2)
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    out.table([_row(title, scores[name]) for name, title in _ROWS.items()], _COLUMNS)
    out.say(f"{seconds} s, at most {peak} MB.")
    answers = {name: _answer(score) for name, score in scores.items()}
    out.answer({**answers, "seconds": seconds, "peakMegabytes": peak})


def _answer(score: Score) -> Mapping[str, float]:
    return {
        "hitRate": score.hit_rate,
        "recall": score.recall,
        "ndcg": score.ndcg,
        "buyers": score.buyers,
    }


def _row(title: str, score: Score) -> Mapping[str, object]:
    shown = (f"{value:.4f}" for value in (score.hit_rate, score.recall, score.ndcg))
    return dict(zip(_COLUMNS, (title, *shown, score.buyers), strict=True))


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongCall(f"--until must be a day or a moment (2011-09-01), not {text}.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _purchases(path: Path) -> Iterator[Purchase]:
    """The orders of a file, a line at a time. The first of a buyer is the one that stands first."""
    known: set[str] = set()
    try:
        with _opened(path) as lines:
            no = 0
            while line := lines.readline(_LONGEST_LINE + 1):
                no += 1
                if len(line) > _LONGEST_LINE:
                    raise WrongCall(f"{path}, line {no}: longer than {_LONGEST_LINE:,} bytes.")
                if line.strip():
                    yield _purchase(path, no, line, known)
    except OSError as error:
        raise WrongCall(f"{path} cannot be read: {error.strerror or error}.") from error
    except EOFError as error:
        raise WrongCall(f"{path} is cut short.") from error


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as start:
        compressed = start.read(2) == _GZIP
    return cast("IO[bytes]", gzip.open(path)) if compressed else path.open("rb")


def _purchase(path: Path, no: int, line: bytes, known: set[str]) -> Purchase:
    try:
        row = json_text.loads(line)
        at = datetime.fromisoformat(row["at"])
        buyer = str(row["customer"])
        is_first = buyer not in known
        known.add(buyer)
        return Purchase(
            buyer_id=BuyerId(buyer),
            order_id=OrderId(str(row["order"])),
            at=at if at.tzinfo else at.replace(tzinfo=UTC),
            items=tuple(dict.fromkeys(ItemId(str(sku)) for sku, *_ in row["lines"])),
            is_first=is_first,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise WrongCall(
            f"{path}, line {no}: no order with order, customer, at and lines."
        ) from error
