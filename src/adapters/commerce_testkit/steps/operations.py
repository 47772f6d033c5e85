"""Operators: what keeps an order, what is decided over it, and what is kept of that."""

import pytest
from pytest_bdd import step, then

from commerce_testkit.desk import Decided, Kept, NotAppointed
from commerce_testkit.shop import Refused
from commerce_testkit.steps.phrases import says
from commerce_testkit.story import Story

_REASON, _EVIDENCE = "it takes too long", "ticket 1"


def _order_id(story: Story) -> str:
    assert story.placed is not None, "no order was placed"
    return story.placed.order_id


def _look(story: Story, who: str) -> Kept:
    return story.shop.desk.look(story.visitor(who), _order_id(story))


def _decide(
    story: Story,
    who: str,
    action: str,
    reason: str = _REASON,
    evidence: str = _EVIDENCE,
    key: str | None = None,
) -> None:
    desk, visitor = story.shop.desk, story.visitor(who)
    story.attempt(lambda: desk.decide(visitor, _order_id(story), action, reason, evidence, key=key))


@step(says("{who:Who} is an operator"))
def is_operator(story: Story, who: str) -> None:
    visitor = story.visitor(who)
    story.shop.register(visitor, who, "buyer")
    try:
        story.shop.desk.appoint(visitor)
    except NotAppointed:
        pytest.skip("nobody here makes operators")
    story.shop.log_in(visitor)
    story.operator = visitor


@step(says("{who:Who} looks at the order[| as an operator would]"))
def looks(story: Story, who: str) -> None:
    story.attempt(lambda: _look(story, who))


@step(says("{who:Who} looks at an order that nobody placed"))
def looks_at_none(story: Story, who: str) -> None:
    nobodys = "00000000-0000-7000-8000-000000000000"
    story.attempt(lambda: story.shop.desk.look(story.visitor(who), nobodys))


@then(says("{who:Who} sees that the order waits for its payment"))
def waits_for_payment(story: Story, who: str) -> None:
    def waits() -> bool:
        return _look(story, who).waits_for == "confirm"

    story.until(waits, "the order waits for its payment")


@then(says("{who:Who} sees that the order waits for nothing"))
def waits_for_nothing(story: Story, who: str) -> None:
    assert _look(story, who).waits_for is None


@then(says("{who:Who} sees that the order was paid once"))
def was_paid_once(story: Story, who: str) -> None:
    assert _look(story, who).captures == 1


@step(
    says(
        '{who:Who} states that the payment was {outcome:Words}, as "{reason:Text}" by '
        '"{evidence:Text}"'
    )
)
def states(story: Story, who: str, outcome: str, reason: str, evidence: str) -> None:
    """As soon as no call is under way."""
    desk, visitor = story.shop.desk, story.visitor(who)

    def stated() -> bool:
        try:
            desk.decide(visitor, _order_id(story), "resolve", reason, evidence, outcome=outcome)
        except Refused as refusal:
            if refusal.code in ("call-unknown", "not-to-be-undone"):
                return False
            raise
        return True

    story.attempt(lambda: story.shop.until(stated, "no call is under way"))


@step(says("{who:Who} has the order undone"))
def has_undone(story: Story, who: str) -> None:
    _decide(story, who, "compensate")


@step(says("{who:Who} sends the same form to have the order undone"))
def sends_form_for_undoing(story: Story, who: str) -> None:
    _decide(story, who, "compensate", key=story.tag)


@step(says("{who:Who} has sent the form that has the order tried again"))
@step(says("{who:Who}, hearing nothing, sends the form that has the order tried again once more"))
def sends_form_for_trying_again(story: Story, who: str) -> None:
    _decide(story, who, "retry", key=story.tag)


@step(says("{who:Who} has the order tried again without saying why"))
def has_tried_again_without_reason(story: Story, who: str) -> None:
    _decide(story, who, "retry", reason="")


@then(says('the audit names {who:Who}, "{reason:Text}" and "{evidence:Text}"'))
def audit_names(story: Story, who: str, reason: str, evidence: str) -> None:
    newest = story.shop.desk.decisions(story.visitor(who), _order_id(story))[0]
    assert (newest.own, newest.reason, newest.evidence) == (True, reason, evidence)


@then(says("the audit holds {count:Count} [decision|decisions] over the order"))
def audit_holds(story: Story, count: int) -> None:
    assert len(_decisions(story)) == count


def _decisions(story: Story) -> tuple[Decided, ...]:
    assert story.operator is not None, "there is no operator"
    return story.shop.desk.decisions(story.operator, _order_id(story))
