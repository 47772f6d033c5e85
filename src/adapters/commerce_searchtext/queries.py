"""Queries, as far as no engine comes in."""

from hashlib import blake2b

from commerce_core.search import Query


def digest(query: Query) -> str:
    """What is the same for all pages of one list: its term, filters and order."""
    attributes, metadata = (
        sorted((name, sorted(values)) for name, values in named.items())
        for named in (query.attributes, query.metadata)
    )
    filters = (
        sorted(query.categories),
        sorted(query.brands),
        query.seller_id,
        query.price_min,
        query.price_max,
        query.in_stock,
    )
    canonical = repr((query.term, *filters, attributes, metadata, query.sort.value))
    return blake2b(canonical.encode("utf-8", "replace"), digest_size=12).hexdigest()
