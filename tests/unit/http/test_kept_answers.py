"""Pages that an index keeps are written out once, and so many of them are kept as JSON."""

from commerce_core.search import Facets, ResultPage
from commerce_http.search import KeptAnswers, hits_out
from commerce_http.web.answers import encoded


def page(total: int) -> ResultPage:
    facets = Facets(categories=(), brands=(), prices=())
    return ResultPage(
        hits=(), next_cursor=None, total=total, exact=True, facets=facets, did_you_mean=None
    )


def test_a_page_is_written_out_once() -> None:
    answers, one = KeptAnswers(), page(1)
    assert answers.of(one) == encoded(hits_out(one))
    assert answers.of(one) is answers.of(one)


def test_another_page_is_another_answer_whatever_was_forgotten_meanwhile() -> None:
    answers = KeptAnswers(most=2)
    for total in range(10):
        assert answers.of(page(total)) == encoded(hits_out(page(total)))
