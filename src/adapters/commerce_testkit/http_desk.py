"""The operators' desk of the features, over HTTP."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from commerce_testkit.desk import Decided, Kept, NotAppointed, OperatorDesk
from commerce_testkit.http_connection import Answer
from commerce_testkit.shop import Visitor

Request = Callable[..., Answer]


class HttpDesk(OperatorDesk):
    """Sends each decision by *request*. *appoint* makes the holder of an address an operator."""

    def __init__(self, request: Request, appoint: Callable[[str], None] | None) -> None:
        self._request = request
        self._appoint = appoint

    def appoint(self, who: Visitor) -> None:
        if self._appoint is None:
            raise NotAppointed
        self._appoint(who.email)

    def look(self, who: Visitor, order_id: str) -> Kept:
        saga = self._request(who, "GET", f"/ops/sagas/{quote(order_id)}").body
        captures = [fact for fact in saga["facts"] if fact["kind"] == "capture"]
        return Kept(state=saga["state"], waits_for=saga["waitsFor"], captures=len(captures))

    def decide(
        self,
        who: Visitor,
        order_id: str,
        action: str,
        reason: str,
        evidence: str,
        *,
        outcome: str | None = None,
        key: str | None = None,
    ) -> Decided:
        said = {"reason": reason, "evidence": evidence}
        if outcome is not None:
            said["outcome"] = outcome
        headers = {"Idempotency-Key": key} if key is not None else {}
        path = f"/ops/sagas/{quote(order_id)}/{action}"
        return _decided(self._request(who, "POST", path, said, headers).body, self._id(who))

    def decisions(self, who: Visitor, subject: str) -> tuple[Decided, ...]:
        page = self._request(who, "GET", f"/ops/decisions?subject={quote(subject)}").body
        own_id = self._id(who)
        return tuple(_decided(decision, own_id) for decision in page["decisions"])

    def _id(self, who: Visitor) -> str:
        return str(self._request(who, "GET", "/accounts/me").body["accountId"])


def _decided(body: Mapping[str, Any], own_id: str) -> Decided:
    return Decided(
        decision_id=body["decisionId"],
        own=body["actor"] == own_id,
        action=body["action"],
        outcome=body["outcome"],
        reason=body["reason"],
        evidence=body["evidence"],
    )
