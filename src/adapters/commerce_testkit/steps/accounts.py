"""Accounts: registering, logging in and out, name and address. And refusals of every
kind.
"""

from typing import Final

from pytest_bdd import step, then

from commerce_testkit.shop import Refused, Visitor
from commerce_testkit.steps.phrases import REASONS, assert_fields, fields_called, says
from commerce_testkit.story import Story

COUNTRIES: Final = {"Germany": "DE", "France": "FR", "Antarctica": "AQ"}


def address_in(country: str, line1: str = "1 Main Street") -> dict[str, str]:
    """An address in *country*, under the contract's names."""
    return {
        "name": "Ada",
        "line1": line1,
        "city": "Somewhere",
        "postalCode": "12345",
        "country": COUNTRIES[country],
    }


#: What somebody might type into the wrong field.
CARD_IN_ADDRESS: Final = "4242 4242 4242 4242"


@step(says("{who:Who} is a {role:Words}"))
def is_a(story: Story, who: str, role: str) -> None:
    visitor = story.visitor(who)
    if role != "guest":
        story.shop.register(visitor, who, role)
        story.shop.log_in(visitor)


@step(says("{who:Who} registers as [a|an] {role:Words}"))
def registers(story: Story, who: str, role: str) -> None:
    story.attempt(lambda: story.shop.register(story.visitor(who), who, role))


@step(says("{who:Who} registers with the e-mail address of {other:Who}"))
def registers_as_other(story: Story, who: str, other: str) -> None:
    _registers(story, who, story.visitor(other).email)


@step(says("{who:Who} registers with the e-mail address of {other:Who} in capitals"))
def registers_as_other_in_capitals(story: Story, who: str, other: str) -> None:
    _registers(story, who, story.visitor(other).email.upper())


@step(says('{who:Who} registers with the password "{password:Text}"'))
def registers_with_password(story: Story, who: str, password: str) -> None:
    _registers(story, who, story.visitor(who).email, password)


@step(
    says(
        '{who:Who} registers with the e-mail address "{email:Text}" and the password '
        '"{password:Text}"'
    )
)
def registers_with(story: Story, who: str, email: str, password: str) -> None:
    _registers(story, who, email, password)


def _registers(story: Story, who: str, email: str, password: str = "long enough") -> None:
    story.attempt(
        lambda: story.shop.register(Visitor(email=email, password=password), who, "buyer")
    )


@step(says("{who:Who} [logs in|has logged in]"))
def logs_in(story: Story, who: str) -> None:
    visitor = story.visitor(who)
    if visitor.cart_token is not None:
        story.guest_tokens[who] = visitor.cart_token
    story.attempt(lambda: story.shop.log_in(visitor))


@step(says("{who:Who} logs in with the e-mail address in capitals"))
def logs_in_in_capitals(story: Story, who: str) -> None:
    visitor = story.visitor(who)
    visitor.email = visitor.email.upper()
    story.attempt(lambda: story.shop.log_in(visitor))


@step(says('{who:Who} [logs in|has logged in] with the password "{password:Text}"'))
def logs_in_with(story: Story, who: str, password: str) -> None:
    story.attempt(
        lambda: story.shop.log_in(Visitor(email=story.visitor(who).email, password=password))
    )


@step(says("a wrong password has been tried {times:Count} times for {who:Who}"))
def wrong_password(story: Story, who: str, times: int) -> None:
    for _ in range(times):
        try:
            story.shop.log_in(Visitor(email=story.visitor(who).email, password="not-the-password"))
        except Refused as refusal:
            assert refusal.code == "login-failed", refusal
        else:
            raise AssertionError("a wrong password was taken")


@step(says("{who:Who} logs out"))
def logs_out(story: Story, who: str) -> None:
    story.attempt(lambda: story.shop.log_out(story.visitor(who)))


@step(says("{who:Who} has logged out"))
def has_logged_out(story: Story, who: str) -> None:
    visitor = story.visitor(who)
    story.shop.log_out(visitor)
    visitor.token = None


@step(says('{who:Who} [changes|has changed] the password "{current:Text}" to "{new:Text}"'))
def changes_password(story: Story, who: str, current: str, new: str) -> None:
    story.attempt(lambda: story.shop.change_password(story.visitor(who), current, new))


@step(says("{who:Who} says that the password is forgotten"))
def has_forgotten(story: Story, who: str) -> None:
    story.attempt(lambda: story.shop.forget_password(story.visitor(who)))


@then(says("{who:Who} is sent a way to a new password"))
def is_on_its_way(story: Story, who: str) -> None:
    def kinds() -> list[str]:
        page, _ = story.shop.notifications(story.visitor(who))
        return [told.kind for told in page]

    story.until(
        lambda: "password-reset" in kinds(), f"{who} is sent a way to a new password", kinds
    )


@then(says("{who:Who} is not told whether there is such an account"))
def is_told_nothing(story: Story) -> None:
    assert story.refusal is None


@step(says("{who:Who} has logged out everywhere"))
def logs_out_everywhere(story: Story, who: str) -> None:
    story.shop.log_out_everywhere(story.visitor(who))


@step(says("{who:Who} [leaves|has left] the shop"))
def leaves(story: Story, who: str) -> None:
    visitor = story.visitor(who)
    story.attempt(lambda: story.shop.leave(visitor, visitor.password))


@step(says('{who:Who} leaves the shop with the password "{password:Text}"'))
def leaves_with(story: Story, who: str, password: str) -> None:
    story.attempt(lambda: story.shop.leave(story.visitor(who), password))


@step(says("{who:Who} goes on with the old log-in"))
@step(says("{who:Who} looks at the own profile"))
def looks_at_profile(story: Story, who: str) -> None:
    story.attempt(lambda: story.shop.profile(story.visitor(who)))


@step(says('{who:Who} changes the name to "{name:Text}"'))
def changes_name(story: Story, who: str, name: str) -> None:
    story.attempt(lambda: story.shop.change_profile(story.visitor(who), {"name": name}))


@step(says("{who:Who} gives an address in {country:Who}"))
@step(says("{who:Who} has an address in {country:Who}"))
def gives_address(story: Story, who: str, country: str) -> None:
    story.attempt(
        lambda: story.shop.change_profile(story.visitor(who), {"address": address_in(country)})
    )


@step(says("{who:Who} gives an address with a card number in it"))
def gives_card_as_address(story: Story, who: str) -> None:
    address = address_in("Germany", line1=CARD_IN_ADDRESS)
    story.attempt(lambda: story.shop.change_profile(story.visitor(who), {"address": address}))


@step(says("{who:Who} takes the address away"))
def takes_address_away(story: Story, who: str) -> None:
    story.attempt(lambda: story.shop.change_profile(story.visitor(who), {"address": None}))


@step(says("{who:Who} tries to become a {role:Words}"))
def tries_role(story: Story, who: str, role: str) -> None:
    story.attempt(lambda: story.shop.change_profile(story.visitor(who), {"role": role}))


@then(says("{who:Who} is logged in {times:Count} [time|times]"))
def is_logged_in(story: Story, who: str, times: int) -> None:
    assert story.shop.log_ins(story.visitor(who)) == times


@step(says("{who:Who} wants to read everything that the shop knows"))
def wants_to_read(story: Story, who: str) -> None:
    story.known = story.attempt(lambda: story.shop.known(story.visitor(who)))


@then(says("{who:Who} is given the own account and {orders:Count} [order|orders]"))
def is_given_everything(story: Story, who: str, orders: int) -> None:
    visitor, known = story.visitor(who), story.known
    assert known is not None, "nobody wanted to read it"
    (account,) = known["accounts"]
    assert (account["email"], len(known["orders"])) == (visitor.email, orders)
    assert visitor.password not in str(known)


@then(says("{who:Who} is known as a {role:Words}"))
def is_known_as(story: Story, who: str, role: str) -> None:
    assert story.shop.profile(story.visitor(who)).role == role


@then(says('the shop knows {who:Who} as "{name:Text}"'))
def knows_name(story: Story, who: str, name: str) -> None:
    assert story.shop.profile(story.visitor(who)).name == name


@then(says("the shop knows an address of {who:Who} in {country:Who}"))
def knows_address(story: Story, who: str, country: str) -> None:
    assert story.shop.profile(story.visitor(who)).country == COUNTRIES[country]


@then(says("the shop knows no address of {who:Who}"))
def knows_no_address(story: Story, who: str) -> None:
    assert story.shop.profile(story.visitor(who)).country is None


@then(says("that is refused: {reason:Reason}"))
def is_refused(story: Story, reason: str) -> None:
    refusal = story.claim_refusal()
    story.last_refusal = refusal
    assert refusal.code == REASONS[reason], f"refused for something else: {refusal}"


@then(says("that is refused because of the {fields:Words}"))
def is_refused_for_fields(story: Story, fields: str) -> None:
    assert_fields(story.claim_refusal(), fields_called(fields))
