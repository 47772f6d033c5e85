"""The fields of the index, and how a document fills them."""

import json
import uuid
from collections.abc import Iterator
from typing import Final

import tantivy
from tantivy import PreTokenizedString, Schema, SchemaBuilder, Token

from commerce_core.kernel.ids import ItemId, is_id
from commerce_core.search import Document
from commerce_searchtext.documents import (
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
from commerce_searchtext.forms import filter_terms, form_marks, form_rows, forms_of, prices_of
from commerce_searchtext.shown import shown
from commerce_searchtext.splitting import plain
from commerce_searchtext.words import clean, key
from commerce_tantivy.analysis import ANALYSIS, STEMS, SURFACE

#: Grows with every change of fields or analysis: an index of another version has to be rebuilt.
SCHEMA_VERSION: Final = 5

_STEMMED: Final = ("name", "brand", "category", "tags", "description")
#: Of all forms, of those in stock and of those that are not: filters of price and stock
#: together read one field.
_PRICES: Final = ("prices", "prices_in_stock", "prices_sold_out")
_STEPS: Final = ("steps", "steps_in_stock", "steps_sold_out")
_WHOLE: Final = (
    "exact",
    "seller",
    "category_key",
    "brand_key",
    "attribute",
    "metadata",
    "phrases",
    "spelled",
    "category_phrases",
    "brand_phrases",
)


def _schema() -> Schema:
    b = SchemaBuilder()
    b.add_text_field("item_id", stored=True, tokenizer_name="raw", index_option="basic")
    for name in _STEMMED:
        b.add_text_field(name, tokenizer_name="stems", index_option="position")
    b.add_text_field("attributes", tokenizer_name="stems", index_option="freq")
    for name in ("name_words", "words", "joined", "inside"):
        b.add_text_field(name, tokenizer_name="surface", index_option="freq")
    for name in _WHOLE:
        b.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("category_value", "brand_value"):
        b.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    # Where there are several forms, the marks of each stand at one position: a phrase of no length
    # is met by one form.
    b.add_text_field("forms", tokenizer_name="raw", index_option="position")
    for name in (
        "version",
        "id_high",
        "id_low",
        "price",
        "price_low",
        "price_high",
        "created",
        *_PRICES,
        *_STEPS,
    ):
        b.add_unsigned_field(name, fast=True)
    for name in ("listed", "in_stock", "one_form"):
        b.add_boolean_field(name, indexed=True)
    b.add_bytes_field("stored", stored=True)
    return b.build()


SCHEMA: Final = _schema()


def register_analysis(index: tantivy.Index) -> None:
    """Teach *index* the two ways in which fields are split into words."""
    index.register_tokenizer("stems", STEMS)
    index.register_tokenizer("surface", SURFACE)


def order_key(item_id: str) -> tuple[int, int]:
    """Two numbers that sort as the item id does: the engine can neither sort by text nor by 128
    bits.
    """
    if is_id(item_id):
        try:
            return divmod(uuid.UUID(item_id).int, 1 << 64)
        except ValueError:
            pass  # Looks like an id of ours but is none: it sorts as the text that it is.
    return divmod(int.from_bytes(item_id.encode()[:16].ljust(16, b"\0")), 1 << 64)


def to_entry(document: Document) -> tantivy.Document:
    """What the index keeps of *document*: of one that is not listed, that it has this version."""
    entry = tantivy.Document()
    entry.add_text("item_id", document.item_id)
    entry.add_unsigned("version", document.version)
    high, low = order_key(document.item_id)
    entry.add_unsigned("id_high", high)
    entry.add_unsigned("id_low", low)
    if document.listed:
        _add_filters(entry, document)
        _add_texts(entry, document)
        _add_suggestions(entry, document)
        entry.add_bytes("stored", _stored(document))
    return entry


def _add_filters(entry: tantivy.Document, document: Document) -> None:
    entry.add_boolean("listed", True)
    entry.add_unsigned("created", max(int(document.created_at.timestamp() * 1_000_000), 0))
    entry.add_text("seller", document.seller_id)
    for field, value in (("category", document.category), ("brand", document.brand)):
        if value.strip():
            entry.add_text(f"{field}_value", clean(value))
            entry.add_text(f"{field}_key", key(value))
    for term in filter_terms(document):
        entry.add_text("attribute", term)
    for term in metadata_terms(document):
        entry.add_text("metadata", term)
    _add_forms(entry, document)
    for code in codes(document):
        entry.add_text("exact", code)


def _add_forms(entry: tantivy.Document, document: Document) -> None:
    prices = prices_of(document)
    entry.add_unsigned("price", max(document.price.minor, 0))
    entry.add_unsigned("price_low", prices.all[0])
    entry.add_unsigned("price_high", prices.all[-1])
    for stock, some in ((True, prices.in_stock), (False, prices.sold_out)):
        if some:
            entry.add_boolean("in_stock", stock)
    for field, steps, some in zip(_PRICES, _STEPS, prices, strict=True):
        for price in some:
            entry.add_unsigned(field, price)
        for step in steps_of(some, document.price.currency) if some else ():
            entry.add_unsigned(steps, step)
    entry.add_boolean("one_form", not document.forms)
    if document.forms:
        entry.add_pre_tokenized_text("forms", PreTokenizedString("", list(_form_tokens(document))))


def _form_tokens(document: Document) -> Iterator[Token]:
    for position, form in enumerate(forms_of(form_rows(document))):
        yield from (Token(mark, position, 0, 0) for mark in form_marks(form))


def _add_texts(entry: tantivy.Document, document: Document) -> None:
    d = document
    name, brand, category, sku, tags, description = (
        plain(clean(text))
        for text in (d.name, d.brand, d.category, d.sku, " | ".join(d.tags), d.description)
    )
    for field, text in zip(_STEMMED, (name, brand, category, tags, description), strict=True):
        if text:
            entry.add_text(field, text)
    if values := attribute_values(document):
        entry.add_text("attributes", plain(clean(" | ".join(values))))
    entry.add_text("name_words", name)
    entry.add_text("words", f"{brand} {category} {sku} {tags}")
    entry.add_text("joined", spelled_otherwise(document, ANALYSIS))
    entry.add_text("inside", insides(document, ANALYSIS))


def _add_suggestions(entry: tantivy.Document, document: Document) -> None:
    for phrase in phrases(document.name, ANALYSIS):
        entry.add_text("phrases", phrase)
    for term in spelled_terms(document, ANALYSIS):
        entry.add_text("spelled", term)
    for field, value in (
        ("category_phrases", clean(document.category)),
        ("brand_phrases", clean(document.brand)),
    ):
        for term in suggestion_terms(value, ANALYSIS):
            entry.add_text(field, term)


def _stored(document: Document) -> bytes:
    return json.dumps(shown(document), separators=(",", ":")).encode()


def known_version(searcher: tantivy.Searcher, item_id: ItemId) -> int | None:
    """The version of an item that *searcher* sees, of an unlisted one too."""
    hits = searcher.search(
        tantivy.Query.term_query(SCHEMA, "item_id", item_id), 1, count=False
    ).hits
    if not hits:
        return None
    value = searcher.fast_field_values("version", [hits[0][1]])[0]
    return None if value is None else int(value)
