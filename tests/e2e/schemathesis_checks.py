"""What Schemathesis does not know by itself: how lines and tables are sent, and which codes a
refusal may have.
"""

from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, Response, SerializationContext


@schemathesis.serializer("application/x-ndjson", "text/csv")
def as_it_stands(_: SerializationContext, value: Any) -> bytes:
    """Text and bytes as they are; anything else as it prints."""
    raw = getattr(value, "data", value)
    return raw if isinstance(raw, bytes) else str(raw).encode(errors="replace")


@schemathesis.check
def refusal_code_conformance(_: CheckContext, response: Response, case: Case) -> None:
    """A refusal has one of the codes that the document names for its status at this operation."""
    if response.status_code < 400:
        return
    described = case.operation.definition.raw["responses"].get(str(response.status_code))
    if described is None:  # of another check
        return
    codes = described["content"]["application/problem+json"]["examples"]
    assert response.json()["code"] in codes, f"{response.json()['code']} is none of {sorted(codes)}"
