"""The audit: what operators have decided, across orders and messages."""

from typing import Any

import attrs

from commerce_core.audit import DecisionFilter
from commerce_core.audit.service import Decisions
from commerce_core.kernel.paging import BadCursor
from commerce_http.ops.shapes import Decision, decision_shape
from commerce_http.web.answers import Shape
from commerce_http.web.auth import OPERATOR
from commerce_http.web.operations import operation
from commerce_http.web.query import page_size


def _named(meaning: str) -> Any:
    schema = {"description": meaning, "maxLength": 100}
    longest = attrs.validators.optional(attrs.validators.max_len(100))
    return attrs.field(default=None, validator=longest, metadata={"schema": schema})


@attrs.frozen(kw_only=True)
class ListDecisions:
    """Which decisions."""

    subject: str | None = _named("Over this order or message alone.")
    actor: str | None = _named("Of this operator alone.")
    cursor: str | None = None
    size: int = page_size(50)


class DecisionPage(Shape):
    """A page of decisions, newest first."""

    decisions: list[Decision]
    next_cursor: str | None


@operation("GET", "/ops/decisions", who=OPERATOR, answer=DecisionPage, problems=(BadCursor,))
def list_decisions(query: ListDecisions, audit: Decisions) -> DecisionPage:
    """What operators have decided, newest first: who, when, over what, why, and what showed it."""
    which = DecisionFilter(subject=query.subject, actor=query.actor)
    page = audit.page(which, query.cursor, query.size)
    return DecisionPage(
        decisions=[decision_shape(decision) for decision in page.items],
        next_cursor=page.next_cursor,
    )
