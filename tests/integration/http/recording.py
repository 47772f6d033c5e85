"""What is kept of a day of a shop, without what differs from one day to the next."""

import re
from typing import Any, Final

import attrs
import httpx

from commerce_core.kernel.codec import camel
from commerce_http.main import OPERATIONS
from commerce_http.web.openapi import public_path
from tests.integration.http.people import Person

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")
#: What differs from one day to the next, by its key.
_FIXED: Final = {
    "milliseconds": 12.5,
    "token": "c2Vzc2lvbi1vZi1hZGE.example",
    "requestId": "0af7651916cd43dd8448eb211c80319c",
    "secret": "whsec_c2VjcmV0LW9mLXRoZS13YXJlaG91c2U=",
}
_PARCEL: Final = re.compile(r"SBX-[0-9A-F]{12}")
#: The last part of an order's id, which it is called by where the shop gives no numbers.
_ORDER: Final = re.compile(r"(?<!SBX-)\b[0-9A-F]{12}\b")
#: The sandbox's name of a refund, a digest of its key.
_REFUND: Final = re.compile(r"ref_[0-9a-f]{24}")
#: A digest of an id and of what a codec made.
_FILE_NAME: Final = re.compile(r"[0-9a-f]{64}\.webp")
#: Of a system on this machine.
_SYSTEM: Final = re.compile(r"http://127\.0\.0\.1:\d+(?=/commerce)")
_ID: Final = "01912d4e-7b1a-7c3e-9f00-{:012}"


@attrs.define
class Story:
    """What was answered, as it happened."""

    answers: dict[str, Any] = attrs.field(factory=dict)
    problems: dict[str, Any] = attrs.field(factory=dict)
    names: dict[str, str] = attrs.field(factory=dict)

    def name(self, found: str, no: int) -> str:
        """From now on *found* is told as the example's id number *no*."""
        self.names[found] = _ID.format(no)
        return found

    def ask(
        self, who: Person, method: str, path: str, body: Any = None, word: str = "", **more: Any
    ) -> Any:
        """Send a request to a *path* with its names filled in from *more*, and keep the answer."""
        at = more.pop("at", {})
        answer = who(method, path.format(**at), body, **more)
        operation = next(o for o in OPERATIONS if (o.method, public_path(o)) == (method, path))
        kept = kept_of(answer)
        if answer.status_code >= 400:
            self.problems.setdefault(kept["code"], kept)
        elif kept is not None:
            by_status = self.answers.setdefault(camel(operation.name), {})
            words = by_status.setdefault(str(answer.status_code), {})
            words[word or "done"] = kept
        return kept

    def recorded(self) -> dict[str, Any]:
        """All of it, without what differs from day to day."""
        problems = dict(sorted(self.problems.items()))
        return self._fixed({"answers": self.answers, "problems": problems})

    def _fixed(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._fixed(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._fixed(inner) for inner in value]
        if key in _FIXED and value is not None:
            return _FIXED[key]
        if not isinstance(value, str):
            return value
        known = _UUID.sub(lambda found: self._named(found[0]), value)
        known = _ORDER.sub("000000000003", known)
        known = _PARCEL.sub("SBX-B45969A5B6FD", known)
        known = _REFUND.sub("ref_3de8871604d50a3179ca14b9", known)
        known = _FILE_NAME.sub(f"{'5e' * 32}.webp", known)
        known = _SYSTEM.sub("https://hooks.example.com", known)
        return _MOMENT.sub("2026-11-26T21:50:29.314159Z", known)

    def _named(self, found: str) -> str:
        return self.names.setdefault(found, _ID.format(len(self.names) + 20))


def kept_of(answer: httpx.Response) -> Any:
    """The body of *answer*; ``None`` if there is none."""
    if not answer.content:
        return None
    return answer.json() if "json" in answer.headers["content-type"] else answer.text


def body_of(name: str) -> Any:
    """The body that the document shows for the operation *name*."""
    return next(o for o in OPERATIONS if o.name == name).example
