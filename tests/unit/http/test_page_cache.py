"""Pages that an index keeps are written out once, and so many of them are kept as JSON."""

from commerce_core.search import Facets, ResultPage
from commerce_http.search import PageCache, hits_shape
from commerce_http.web.answers import encoded


def page(total: int) -> ResultPage:
    facets = Facets(categories=(), brands=(), prices=())
    return ResultPage(
        hits=(), next_cursor=None, total=total, exact=True, facets=facets, did_you_mean=None
    )


def test_a_page_is_written_out_once() -> None:
    cache, one = PageCache(), page(1)
    assert cache.of(one) == encoded(hits_shape(one))
    assert cache.of(one) is cache.of(one)


def test_another_page_is_another_answer_whatever_was_forgotten_meanwhile() -> None:
    cache = PageCache(most=2)
    for total in range(10):
        assert cache.of(page(total)) == encoded(hits_shape(page(total)))
