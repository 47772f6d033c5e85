"""`commerce reindex` and `commerce search explain`."""

from typing import TYPE_CHECKING

from commerce_cli.opening import open_shop
from commerce_cli.output import AsJson, Output
from commerce_core.search import Reindex, ReindexStatus

if TYPE_CHECKING:
    from commerce_bootstrap.shop import Shop


def reindex(*, json: AsJson = False) -> None:
    """Rebuild the search index beside the one in use, and switch to it when it is complete."""
    from commerce_cli.jobs import waiting

    out = Output(as_json=json)
    with open_shop() as shop:
        job = shop.reindexer.request()
        with waiting(shop) as wait, out.progress("indexing") as report:

            def over() -> bool:
                nonlocal job
                job = _current(shop, job)
                report(job.indexed, f"{job.indexed:,} items")
                return job.status is ReindexStatus.FINISHED

            wait(over)
    out.say(f"{job.indexed:,} items are in the new index.")
    out.answer({"jobId": job.id, "status": job.status.value, "indexed": job.indexed})


def _current(shop: "Shop", job: Reindex) -> Reindex:
    found = shop.reindexer.find(job.id)
    return job if found is None else found


def explain(term: str, /, *, size: int = 10, json: AsJson = False) -> int:
    """Explain the ranking of the first hits for TERM."""
    out = Output(as_json=json)
    with open_shop() as shop:
        found = shop.searches.explain(term, size)
    for rank, hit in enumerate(found, 1):
        out.say(f"{rank}. {hit.name} ({hit.item_id}): {hit.score:.3f}")
        for source, part in hit.parts:
            out.say(f"   {part:8.3f}  {source}")
    if not found:
        out.say(f"Nothing is found for {term!r}.")
    out.answer(
        [
            {
                "itemId": h.item_id,
                "name": h.name,
                "score": h.score,
                "parts": [{"from": s, "score": p} for s, p in h.parts],
            }
            for h in found
        ]
    )
    return 0 if found else 1
