"""The operators' desk of the features, over the services of a shop in memory."""

from commerce_core.accounts import Account, Role
from commerce_core.audit import Decision, DecisionFilter, OperatorDecision
from commerce_core.checkout.service.standing import Stated
from commerce_core.kernel.ids import OrderId
from commerce_testkit.desk import Decided, Kept, OperatorDesk
from commerce_testkit.service_callers import ServiceCallers, refusing
from commerce_testkit.shop import Refused, Visitor


class ServiceDesk(ServiceCallers, OperatorDesk):
    """Who may decide is decided here, as an entrypoint does."""

    def appoint(self, who: Visitor) -> None:
        self._shop.accounts.grant(who.email, Role.OPERATOR)

    @refusing
    def look(self, who: Visitor, order_id: str) -> Kept:
        self._caller(who, Role.OPERATOR)
        dossier = self._shop.operations.dossier(OrderId(order_id))
        standing = dossier.standing
        return Kept(
            state=standing.row.saga.state.value,
            waits_for=standing.waits_for,
            captures=sum(fact.kind == "capture" for fact in dossier.facts),
        )

    @refusing
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
        operator = self._caller(who, Role.OPERATOR)
        given = _given(operator, reason, evidence, key)
        operations, at = self._shop.operations, OrderId(order_id)
        if outcome is not None:
            return _decided(operations.resolve_as(at, Stated(outcome), given), operator)
        if action == "retry":
            return _decided(operations.retry(at, given), operator)
        return _decided(operations.compensate(at, given), operator)

    @refusing
    def decisions(self, who: Visitor, subject: str) -> tuple[Decided, ...]:
        operator = self._caller(who, Role.OPERATOR)
        page = self._shop.audit.page(DecisionFilter(subject=subject))
        return tuple(_decided(decision, operator) for decision in page.items)


def _given(operator: Account, reason: str, evidence: str, key: str | None) -> OperatorDecision:
    wrong = [f"/{name}" for name, said in (("reason", reason), ("evidence", evidence)) if not said]
    if wrong:
        raise Refused("invalid", fields=wrong)
    return OperatorDecision(actor=operator.id, reason=reason, evidence=evidence, request=key)


def _decided(decision: Decision, operator: Account) -> Decided:
    return Decided(
        decision_id=decision.id,
        own=decision.actor == operator.id,
        action=decision.action.value,
        outcome=decision.outcome,
        reason=decision.reason,
        evidence=decision.evidence,
    )
