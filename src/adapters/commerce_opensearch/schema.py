"""The fields of the index, how text becomes words in it, and how a document fills it."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from commerce_core.search import Document
from commerce_opensearch.analysis import LONGEST, Joined, clean, has_letter, joined, key, words_of

#: Grows with every change of fields or analysis: an index of another version has to be built anew, under another alias.
SCHEMA_VERSION: Final = 1

#: Between a name and a value in one term.
SEPARATOR: Final = "\x1f"

#: More than any code or attribute has; the engine's own limit is 32 kB.
_LONGEST_KEY: Final = 2_000

_ANALYSIS: Final = {
    "tokenizer": {"words": {"type": "pattern", "pattern": "[^\\p{IsAlphabetic}\\p{N}]+"}},
    "filter": {
        "short": {"type": "length", "max": LONGEST},
        "english": {"type": "stemmer", "language": "porter2"},
        "pairs": {"type": "shingle", "output_unigrams": False, "token_separator": "", "filler_token": ""},
    },
    "analyzer": {
        "stems": {"tokenizer": "words", "filter": ["lowercase", "asciifolding", "short", "english"]},
        "surface": {"tokenizer": "words", "filter": ["lowercase", "asciifolding", "short"]},
        "pairs": {"tokenizer": "words", "filter": ["lowercase", "asciifolding", "short", "pairs", "english"]},
    },
}
#: Where only counts how rare a word is: that such fields are short says nothing, nor how often they repeat it.
_SIMILARITY: Final = {"flat": {"type": "BM25", "k1": 0.0, "b": 0.0}}
_BEGINNINGS: Final = {"index_prefixes": {"min_chars": 1, "max_chars": 10}}


def _text(analyzer: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "analyzer": analyzer, **more}


def _flat(analyzer: str, **more: Any) -> dict[str, Any]:
    return _text(analyzer, similarity="flat", norms=False, **more)


def _key(**more: Any) -> dict[str, Any]:
    return {"type": "keyword", "doc_values": False, **more}


_PROPERTIES: Final[Mapping[str, Any]] = {
    "item_id": {"type": "keyword", "index": False},
    "listed": {"type": "boolean", "doc_values": False},
    "in_stock": {"type": "boolean", "doc_values": False},
    "price": {"type": "long"},
    "created": {"type": "long", "index": False},
    "seller": _key(),
    "exact": _key(),
    "category_key": _key(),
    "brand_key": _key(),
    # Sellers' free attributes are values of one field: a field for each would swell the mapping without an end.
    "attribute": _key(),
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
    # The words of brand, category, tags and SKU as they stand; whatever a word may begin; and every word of a document.
    "words": _text("surface", norms=False, index_options="docs"),
    "begun": _text("surface", norms=False, index_options="docs", **_BEGINNINGS),
    "all": _text("stems", norms=False),
    "phrases": {"type": "keyword"},
    "category_phrases": {"type": "keyword"},
    "brand_phrases": {"type": "keyword"},
    # What hits are told from, and how far a rebuild has come: kept as it is, never searched.
    "shown": {"type": "object", "enabled": False},
    "progress": {"type": "object", "enabled": False},
}


def template(pattern: str, refresh_ms: int) -> Mapping[str, Any]:
    """The settings and fields of every index whose name fits *pattern*."""
    settings = {
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "refresh_interval": f"{refresh_ms}ms",
        "analysis": _ANALYSIS,
        "similarity": _SIMILARITY,
    }
    mappings = {"dynamic": "strict", "_source": {"includes": ["shown", "progress"]}, "properties": _PROPERTIES}
    return {"index_patterns": [pattern], "template": {"settings": {"index": settings}, "mappings": mappings}}


def to_entry(document: Document) -> dict[str, Any]:
    """What the index keeps of *document*: of one that is not listed, that it has this version."""
    if not document.listed:
        return {"item_id": document.item_id, "listed": False}
    return {
        **_filters(document),
        **_texts(document),
        **_suggestions(document),
        "shown": _shown(document),
    }


def _filters(document: Document) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "item_id": document.item_id,
        "listed": True,
        "in_stock": document.in_stock,
        "price": max(document.price.minor, 0),
        "created": max(int(document.created_at.timestamp() * 1_000_000), 0),
        "seller": clean(document.seller_id),
        "attribute": sorted({attribute_term(name, value) for name, values in document.attributes.items() for value in values}),
        "exact": sorted({key(c)[:_LONGEST_KEY] for c in (document.item_id, document.sku, *document.codes)} - {""}),
    }
    for field, value in (("category", document.category), ("brand", document.brand)):
        if value.strip():
            entry[f"{field}_value"] = clean(value)[:_LONGEST_KEY]
            entry[f"{field}_key"] = key(value)[:_LONGEST_KEY]
    return entry


def attribute_term(name: str, value: str) -> str:
    """The term under which an attribute's value is kept; terms longer than the engine takes are cut alike on both sides."""
    return f"{key(name)}{SEPARATOR}{key(value)}"[:_LONGEST_KEY]


def _texts(document: Document) -> dict[str, Any]:
    name, sku = clean(document.name), clean(document.sku)
    # Numbers without a unit say nothing and would be found for every "4" in a term.
    values = [clean(v) for vs in document.attributes.values() for v in vs if has_letter(v)]
    return {
        "name": name,
        "brand": clean(document.brand),
        "category": clean(document.category),
        "tags": [clean(tag) for tag in document.tags],
        "sku": sku,
        "description": clean(document.description),
        "attributes": values,
        "joined": " ".join(dict.fromkeys(j.text for text in (name, sku) for j in _forms(text))),
    }


def _forms(text: str) -> Iterator[Joined]:
    words = words_of(text)
    yield from joined(text, words)
    for i, word in enumerate(words):
        if any(c.isdigit() for c in word.surface) and has_letter(word.surface):
            yield Joined(word.surface, i, i + 1)


def _suggestions(document: Document) -> dict[str, Any]:
    words = [w.surface for w in words_of(clean(document.name))][:20]
    singles = [w for w in words if len(w) >= 3 and has_letter(w)]
    pairs = [f"{a} {b}" for a, b in pairwise(words) if has_letter(a) and has_letter(b)]
    return {
        "phrases": sorted({*singles, *pairs}),
        "category_phrases": sorted(suggestion_terms(clean(document.category))),
        "brand_phrases": sorted(suggestion_terms(clean(document.brand))),
    }


def suggestion_terms(value: str) -> set[str]:
    """One term for every word of *value* at which somebody may begin to type it; the value itself follows behind."""
    words = [w.surface for w in words_of(value)][:8]
    return {f"{' '.join(words[i:])}{SEPARATOR}{value}" for i in range(len(words))} if len(value) < 500 else set()


def _shown(document: Document) -> list[Any]:
    d = document
    row = [d.item_id, d.sku, d.name, d.brand, d.category, d.type, d.price.minor, d.price.currency, d.in_stock, d.image, d.description]
    return [clean(part) if isinstance(part, str) else part for part in row]
