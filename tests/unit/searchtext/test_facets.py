"""A price is in one bucket, and filters leave those that have a price of theirs."""

from commerce_core.search import Query
from commerce_searchtext.facets import price_ends, steps_of, steps_within


def test_a_price_is_in_one_bucket_and_each_bucket_is_named_once() -> None:
    ends = price_ends("USD")
    assert steps_of([0, 999, 1_000, 1_000, ends[-1], 10**12], "USD") == [0, 1, len(ends) - 1]


def test_only_buckets_with_a_price_in_the_filter_are_counted() -> None:
    assert steps_within(Query(price_min=1_200, price_max=2_500), "USD") == {
        1: (1_200, 2_499),
        2: (2_500, 2_500),
    }
    assert steps_within(Query(price_max=-1), "USD") == {}
    assert list(steps_within(Query(), "USD")) == list(range(len(price_ends("USD"))))
