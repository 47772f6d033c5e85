"""The fields of the index, how text becomes words in it, and how a document fills it."""

from collections.abc import Mapping
from typing import Any, Final

from commerce_core.search import Document
from commerce_opensearch.analysis import ANALYSIS
from commerce_searchtext.documents import (
    LONGEST_KEY,
    attribute_values,
    codes,
    insides,
    metadata_terms,
    phrases,
    spelled_otherwise,
    spelled_terms,
    suggestion_terms,
)
from commerce_searchtext.facets import steps_of
from commerce_searchtext.forms import filter_terms, form_rows, forms_of, prices_of
from commerce_searchtext.shown import shown
from commerce_searchtext.splitting import plain
from commerce_searchtext.words import clean, key, storable

#: Grows with every change of fields or analysis: an index of another version has to be rebuilt,
#: under another alias.
SCHEMA_VERSION: Final = 5

_ANALYSIS: Final[Mapping[str, Any]] = {
    "filter": {
        "english": {"type": "stemmer", "language": "porter2"},
        "pairs": {
            "type": "shingle",
            "output_unigrams": False,
            "token_separator": "",
            "filler_token": "",
        },
    },
    "analyzer": {
        # What comes is split and folded already, with a blank between two words.
        "stems": {"tokenizer": "whitespace", "filter": ["english"]},
        "surface": {"tokenizer": "whitespace", "filter": []},
        "pairs": {"tokenizer": "whitespace", "filter": ["pairs", "english"]},
    },
}
#: Where only counts how rare a word is: that such fields are short says nothing, nor how often they
#: repeat it.
_SIMILARITY: Final = {"flat": {"type": "BM25", "k1": 0.0, "b": 0.0}}
_BEGINNINGS: Final = {"index_prefixes": {"min_chars": 1, "max_chars": 10}}


def _text(analyzer: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "analyzer": analyzer, **more}


def _flat(analyzer: str, **more: Any) -> dict[str, Any]:
    return _text(analyzer, similarity="flat", norms=False, **more)


def _key(**more: Any) -> dict[str, Any]:
    return {"type": "keyword", "doc_values": False, **more}


_PRICES: Final = ("prices", "prices_in_stock", "prices_sold_out")
_STEPS: Final = ("steps", "steps_in_stock", "steps_sold_out")
_PROPERTIES: Final[Mapping[str, Any]] = {
    "item_id": {"type": "keyword", "index": False},
    "listed": {"type": "boolean", "doc_values": False},
    "in_stock": {"type": "boolean", "doc_values": False},
    "price": {"type": "long"},
    # Of all forms, of those in stock and of those that are not: filters of price
    # and stock together read one field.
    **{field: {"type": "long"} for field in (*_PRICES, *_STEPS)},
    "one_form": {"type": "boolean", "doc_values": False},
    "forms": {
        "type": "nested",
        "properties": {
            "price": {"type": "long"},
            "in_stock": {"type": "boolean", "doc_values": False},
            "marks": _key(),
        },
    },
    "created": {"type": "long", "index": False},
    "seller": _key(),
    "exact": _key(),
    "category_key": _key(),
    "brand_key": _key(),
    # Sellers' free attributes are values of one field: a field for each would swell the mapping
    # without an end.
    "attribute": _key(),
    "metadata": _key(),
    "category_value": {"type": "keyword", "index": False},
    "brand_value": {"type": "keyword", "index": False},
    "name": _text(
        "stems",
        copy_to=["all", "begun"],
        fields={
            "words": _text("surface", norms=False, index_options="docs", **_BEGINNINGS),
            "pairs": _flat("pairs", search_analyzer="stems"),
        },
    ),
    "brand": _flat("stems", copy_to=["all", "begun", "words"]),
    "category": _flat("stems", copy_to=["all", "begun", "words"]),
    "tags": _flat("stems", copy_to=["all", "begun", "words"]),
    "sku": _text("surface", index=False, norms=False, copy_to=["all", "begun", "words"]),
    "description": _text("stems", copy_to=["all"]),
    "attributes": _flat("stems", copy_to=["all"]),
    "joined": _text("surface", copy_to=["all", "begun"]),
    # The words of brand, category, tags and SKU as they stand; whatever a word may begin; and every
    # word of a document.
    "words": _text("surface", norms=False, index_options="docs"),
    "begun": _text("surface", norms=False, index_options="docs", **_BEGINNINGS),
    "all": _text("stems", norms=False),
    # Parts of long words, as what they begin; and words whose accents are not kept, as they are
    # written.
    "inside": _text(
        "surface",
        norms=False,
        index_options="docs",
        index_prefixes={"min_chars": 4, "max_chars": 12},
    ),
    "spelled": {"type": "keyword"},
    "phrases": {"type": "keyword"},
    "category_phrases": {"type": "keyword"},
    "brand_phrases": {"type": "keyword"},
    # What hits are read from, and how far a rebuild has come: kept as it is, never searched.
    "shown": {"type": "object", "enabled": False},
    "progress": {"type": "object", "enabled": False},
}


def template(pattern: str, refresh_ms: int) -> Mapping[str, Any]:
    """The settings and fields of every index whose name fits *pattern*."""
    settings: dict[str, Any] = {
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "refresh_interval": f"{refresh_ms}ms",
        "analysis": _ANALYSIS,
        "similarity": _SIMILARITY,
    }
    mappings = {
        "dynamic": "strict",
        "_source": {"includes": ["shown", "progress"]},
        "properties": _PROPERTIES,
    }
    return {
        "index_patterns": [pattern],
        "template": {"settings": {"index": settings}, "mappings": mappings},
    }


def to_entry(document: Document) -> dict[str, Any]:
    """What the index keeps of *document*: of one that is not listed, that it has this version."""
    if not document.listed:
        return {"item_id": document.item_id, "listed": False}
    return {
        **_filters(document),
        **_forms(document),
        **_texts(document),
        **_suggestions(document),
        "shown": _shown(document),
    }


def _filters(document: Document) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "item_id": document.item_id,
        "listed": True,
        "created": max(int(document.created_at.timestamp() * 1_000_000), 0),
        "seller": clean(document.seller_id),
        "attribute": sorted(filter_terms(document)),
        "metadata": sorted(metadata_terms(document)),
        "exact": sorted({code[:LONGEST_KEY] for code in codes(document)}),
    }
    for field, value in (("category", document.category), ("brand", document.brand)):
        if value.strip():
            entry[f"{field}_value"] = clean(value)[:LONGEST_KEY]
            entry[f"{field}_key"] = key(value)[:LONGEST_KEY]
    return entry


def _forms(document: Document) -> dict[str, Any]:
    prices = prices_of(document)
    currency = document.price.currency
    return {
        "price": max(document.price.minor, 0),
        "in_stock": [
            stock for stock, some in ((True, prices.in_stock), (False, prices.sold_out)) if some
        ],
        **{field: list(some) for field, some in zip(_PRICES, prices, strict=True)},
        **{field: steps_of(some, currency) for field, some in zip(_STEPS, prices, strict=True)},
        "one_form": not document.forms,
        "forms": [
            {"price": form.minor, "in_stock": form.in_stock, "marks": sorted(form.marks)}
            for form in forms_of(form_rows(document))
        ],
    }


def _texts(document: Document) -> dict[str, Any]:
    return {
        **{
            field: plain(clean(getattr(document, field)))
            for field in ("name", "brand", "category", "sku", "description")
        },
        "tags": [plain(clean(tag)) for tag in document.tags],
        "attributes": [plain(clean(value)) for value in attribute_values(document)],
        "joined": spelled_otherwise(document, ANALYSIS),
        "inside": insides(document, ANALYSIS),
    }


def _suggestions(document: Document) -> dict[str, Any]:
    return {
        "phrases": sorted(phrases(document.name, ANALYSIS)),
        "spelled": sorted(spelled_terms(document, ANALYSIS)),
        "category_phrases": sorted(suggestion_terms(clean(document.category), ANALYSIS)),
        "brand_phrases": sorted(suggestion_terms(clean(document.brand), ANALYSIS)),
    }


def _shown(document: Document) -> list[Any]:
    return [storable(part) if isinstance(part, str) else part for part in shown(document)]
