"""What all rows of one item say together: pure functions.

Rows of one item may stand anywhere in a file; they are put together before the item is checked,
so that their order decides nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from commerce_core.catalog.commands import ItemRow, VariantRow
from commerce_core.catalog.service.cells import EMPTY
from commerce_core.catalog.service.compose import CONTENT
from commerce_core.kernel.codec import ABSENT, camel, is_object
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.field_problems import escape_pointer
from commerce_core.kernel.money import Money

_ITEM_FIELDS: Final = ("name", "status", *CONTENT)


@attrs.frozen
class LineProblem:
    """Why something on a line cannot be taken."""

    line: int
    pointer: str
    detail: str


class RowsRefused(Exception):
    """What the rows of an item say together cannot be: nothing of the item is changed."""

    def __init__(self, problems: Sequence[LineProblem]) -> None:
        super().__init__(problems)
        self.problems = problems


@attrs.frozen
class ItemOnLine:
    """A row that was read, with the line it begins on and what its document called itself
    elsewhere.
    """

    line: int
    row: ItemRow
    source: Mapping[str, Any]


@attrs.frozen
class FormOnLine:
    """What a row says of one form."""

    line: int
    pointer: str
    form: VariantRow


@attrs.frozen
class OnlyForm:
    """A row's price and stock of an item without variants."""

    line: int
    price: Money | None
    stock: int | None


@attrs.define
class ItemRows:
    """All rows of one item, combined."""

    sku: str
    line: int
    content: dict[str, Any]
    unpriced: int | None
    """The line that empties the price of an item of one form."""
    simple: OnlyForm | None
    forms: dict[str, FormOnLine]
    source: Mapping[str, Any]
    several: bool
    """Whether they are more than one: together they may say more than one row can."""

    def at(self, pointer: str, detail: str) -> RowsRefused:
        """The refusal of the item for one reason."""
        return RowsRefused([LineProblem(self.line, pointer, detail)])


def check_row(row: ItemRow, currency: str) -> None:
    """Check what no single field shows.

    Raises:
        Invalid: a price is in another currency, or price or quantity stand beside variants.
    """
    forms = none_if_absent(row.variants) or ()
    prices = [("/price", row.price)] + [
        (f"/variants/{i}/price", form.price) for i, form in enumerate(forms)
    ]
    problems = [
        FieldProblem(pointer, f"must be in {currency}")
        for pointer, price in prices
        if price is not None and price is not ABSENT and price.currency != currency
    ]
    for name, value in (("price", row.price), ("quantity", row.quantity)):
        if forms and value is not None and value is not ABSENT:
            problems.append(
                FieldProblem(f"/{name}", "belongs to the variants of an item that has them")
            )
    if problems:
        raise Invalid(problems)


def combine_rows(rows: Sequence[ItemOnLine]) -> tuple[ItemRows, list[LineProblem]]:
    """*rows*, all of one item, combined; and those that repeat an earlier line about the same
    variant.

    Raises:
        RowsRefused: two rows give the item different values, or one is of a simple item and one of
            a variant.
    """
    if len(rows) == 1:
        return _single(rows[0]), []
    distinct: list[ItemOnLine] = []
    repeated: list[LineProblem] = []
    simple: OnlyForm | None = None
    forms: dict[str, FormOnLine] = {}
    for on in sorted(rows, key=lambda on: on.line):
        own = _forms_of(on)
        alone = _simple_of(on)
        if alone is not None and simple is not None:
            repeated.append(LineProblem(on.line, "/sku", f"stands on line {simple.line} already"))
        elif again := next((f for f in own if f.form.variant_id in forms), None):
            earlier = forms[again.form.variant_id]
            repeated.append(
                LineProblem(
                    on.line, f"{again.pointer}/variantId", f"stands on line {earlier.line} already"
                )
            )
        else:
            distinct.append(on)
            simple = simple or alone
            forms |= {f.form.variant_id: f for f in own}
    if simple is not None and forms:
        problem = "the item has price or quantity of its own on one line and variants on another"
        raise RowsRefused(
            [
                LineProblem(simple.line, "/variants", problem),
                LineProblem(next(iter(forms.values())).line, "/variants", problem),
            ]
        )
    first = distinct[0]
    source = next((on.source for on in distinct if on.source), first.source)
    unpriced = next(
        (
            on.line
            for on in distinct
            if on.row.price is None and not none_if_absent(on.row.variants)
        ),
        None,
    )
    return ItemRows(
        first.row.sku, first.line, _content(distinct), unpriced, simple, forms, source, several=True
    ), repeated


def _single(on: ItemOnLine) -> ItemRows:
    forms = {f.form.variant_id: f for f in _forms_of(on)}
    unpriced = on.line if on.row.price is None and not forms else None
    return ItemRows(
        on.row.sku,
        on.line,
        _content([on]),
        unpriced,
        None if forms else _simple_of(on),
        forms,
        on.source,
        several=False,
    )


def _forms_of(on: ItemOnLine) -> list[FormOnLine]:
    return [
        FormOnLine(on.line, f"/variants/{i}", form)
        for i, form in enumerate(none_if_absent(on.row.variants) or ())
    ]


def _simple_of(on: ItemOnLine) -> OnlyForm | None:
    price, quantity = none_if_absent(on.row.price), none_if_absent(on.row.quantity)
    return None if price is None and quantity is None else OnlyForm(on.line, price, quantity)


def _content(rows: Sequence[ItemOnLine]) -> dict[str, Any]:
    """The fields that any of *rows* names; a value beside an empty cell is the value."""
    if len(rows) == 1:
        only = rows[0].row
        return {
            field: value for field in _ITEM_FIELDS if (value := getattr(only, field)) is not ABSENT
        }
    content: dict[str, Any] = {}
    first_values: dict[tuple[str, ...], tuple[int, Any]] = {}
    problems: list[LineProblem] = []
    for on in rows:
        for field in _ITEM_FIELDS:
            value = getattr(on.row, field)
            if value is ABSENT:
                continue
            for path, leaf in _leaves(field, value):
                line, before = first_values.setdefault(path, (on.line, leaf))
                if before != leaf:
                    pointer = "".join(f"/{escape_pointer(step)}" for step in path)
                    problems += [
                        LineProblem(
                            line,
                            pointer,
                            f"the rows of this item disagree: line {on.line} has another value",
                        ),
                        LineProblem(
                            on.line,
                            pointer,
                            f"the rows of this item disagree: line {line} has another value",
                        ),
                    ]
            content[field] = _both(content.get(field), value)
    if problems:
        raise RowsRefused(list(dict.fromkeys(problems)))
    return content


def _leaves(field: str, value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The values that must be the same in every row that gives them."""
    if is_object(value):
        for name, inner in value.items():
            if inner is not EMPTY and inner is not None:
                yield (camel(field), name), inner
    elif value is not None:
        yield (camel(field),), value


def _both(before: Any, after: Any) -> Any:
    if before is None or after is None:
        return before if after is None else after
    if not is_object(before) or not is_object(after):
        return after
    both = dict(before)
    for name, value in after.items():
        if name not in both or both[name] is EMPTY or both[name] is None:
            both[name] = value
    return both


def none_if_absent(value: Any) -> Any:
    """*value*, and ``None`` for ``ABSENT``."""
    return None if value is ABSENT else value
