"""`commerce search evaluate`: how good the search is, by what people judged."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
from cyclopts import Parameter

from commerce_cli import remote
from commerce_cli.opening import open_shop
from commerce_cli.output import AsJson, Output, Report, WrongCall
from commerce_cli.tables import read_table
from commerce_core.search.service.scoring import (
    Judgments,
    judged_only_ndcg,
    judgments_of,
    mean,
    ndcg,
    percentile,
    recall,
    scorable,
)

if TYPE_CHECKING:
    from commerce_bootstrap.shop import Shop

#: What a buyer's first page holds, the most that one answer holds, and how deep is looked.
_PAGE: Final = 20
_MOST: Final = 100
_DEEP: Final = 1_000
_WORST: Final = 10

#: Ranked SKUs for a term, at most so many.
Find = Callable[[str, int], list[str]]


@attrs.frozen
class Score:
    """How one query did."""

    query_id: str
    query: str
    ndcg: float
    judged_only: float
    recall: float
    milliseconds: float


def evaluate(
    *,
    queries: Annotated[Path, Parameter(help="A table with query_id and query.")],
    judgments: Annotated[
        Path, Parameter(help="A table with query_id, product_id (an item's SKU) and grade.")
    ],
    typos: Annotated[
        Path | None, Parameter(help="A table with query_id and a mistyped query.")
    ] = None,
    url: Annotated[
        str | None,
        Parameter(help="Ask the shop at this address, else the one that the settings name."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Score the search against judged queries (tab-separated tables): NDCG@10, the same over judged
    items only, recall@100, latency.
    """
    out = Output(as_json=json)
    grades = _read(lambda path: judgments_of(read_table(path)), judgments)
    judged_queries = _read_queries(queries, grades)
    mistyped = _read_queries(typos, grades) if typos else []
    with (
        _finder(url) as find,
        out.progress("searching", len(judged_queries) + len(mistyped)) as report,
    ):
        right = list(_scores(judged_queries, grades, find, report))
        wrong = list(_scores(mistyped, grades, find, report))
    summary = _summary(right)
    _print_summary("judged queries", summary, out)
    if mistyped:
        _print_summary("mistyped queries", _summary(wrong), out)
    worst = sorted(right, key=lambda score: score.judged_only)[:_WORST]
    out.say("\nworst")
    for score in worst:
        out.say(f"  {score.judged_only:.3f}  {score.ndcg:.3f}  {score.query_id}  {score.query}")
    answer: dict[str, Any] = summary | {"worst": [attrs.asdict(score) for score in worst]}
    out.answer(answer | ({"mistyped": _summary(wrong)} if mistyped else {}))


def _read(read: Callable[[Path], Any], path: Path) -> Any:
    try:
        return read(path)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongCall(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}."
        ) from error
    except (KeyError, ValueError) as error:
        raise WrongCall(f"{path} is no table of the right shape: {error}.") from error


def _read_queries(path: Path, grades: Judgments) -> list[tuple[str, str]]:
    rows: list[dict[str, str]] = _read(read_table, path)
    wanted = scorable(grades)
    try:
        return [(row["query_id"], row["query"]) for row in rows if row["query_id"] in wanted]
    except KeyError as error:
        raise WrongCall(f"{path} has no column {error}.") from error


@contextmanager
def _finder(url: str | None) -> Generator[Find]:
    if url is not None:
        remote.reachable(url)
        yield lambda term, size: _remote(url, term, size)
    else:
        with open_shop() as shop:
            yield lambda term, size: _local(shop, term, size)


def _local(shop: "Shop", term: str, size: int) -> list[str]:
    from commerce_core.search import Query

    return [hit.sku for hit in shop.searches.find(Query(term=term, size=size)).hits]


def _remote(url: str, term: str, size: int) -> list[str]:
    found: list[str] = []
    position: dict[str, str] = {}
    while len(found) < size:
        page = remote.get(url, "/items", term=term, size=min(size, _MOST), **position)
        found += [hit["sku"] for hit in page["items"]]
        if page["nextCursor"] is None:
            break
        position = {"cursor": page["nextCursor"]}
    return found


def _scores(
    judged_queries: Iterable[tuple[str, str]], grades: Judgments, find: Find, report: Report
) -> Iterator[Score]:
    for done, (query_id, query) in enumerate(judged_queries, 1):
        started = time.perf_counter()
        find(query, _PAGE)
        took = time.perf_counter() - started
        ranked, judged = find(query, _DEEP), grades[query_id]
        report(done, f"{done} queries")
        yield Score(
            query_id, query, ndcg(ranked, judged), judged_only_ndcg(ranked, judged, pool=_DEEP),
            recall(ranked, judged), took * 1_000
        )  # fmt: skip


def _summary(scores: list[Score]) -> dict[str, float]:
    times = [score.milliseconds for score in scores]
    figures: Mapping[str, float] = {
        "ndcg10": mean(score.ndcg for score in scores),
        "judgedOnlyNdcg10": mean(score.judged_only for score in scores),
        "recall100": mean(score.recall for score in scores),
        "p50Milliseconds": percentile(times, 0.5),
        "p99Milliseconds": percentile(times, 0.99),
    }
    return {"queries": len(scores)} | {name: round(figure, 4) for name, figure in figures.items()}


def _print_summary(what: str, summary: Mapping[str, float], out: Output) -> None:
    out.say(f"{summary['queries']} {what}")
    out.say(f"  NDCG@10              {summary['ndcg10']:.3f}")
    out.say(f"  NDCG@10, judged only {summary['judgedOnlyNdcg10']:.3f}")
    out.say(f"  recall@100           {summary['recall100']:.3f}")
    out.say(
        f"  first page           {summary['p50Milliseconds']:.1f} ms (p50), "
        f"{summary['p99Milliseconds']:.1f} ms (p99)"
    )
