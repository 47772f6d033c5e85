"""What refusals are called on a page: what happened, and what to do about it. One table, by
code.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from commerce_core.kernel.errors import CommerceError, Unavailable
from commerce_http.web.errors import title_of, without_cards


@attrs.frozen
class Words:
    """A refusal for a person: what happened, and what to do."""

    sentence: str
    advice: str


_LATER: Final = "Nothing was changed. Try again in a moment."
_LOOK: Final = "Look at the fields that are marked, and send the form again."
_LIST: Final = "Begin again at its first page."
_CART: Final = "Look at your cart, where each problem stands beside its line."
_WAIT: Final = "Wait a few minutes before you try again."
_GIVE_UP: Final = "Go back to where you came from."

WORDS: Final[Mapping[str, Words]] = {
    # what was typed
    "invalid": Words("Something in the form is not right.", _LOOK),
    "invalid-money": Words("An amount of money is not right.", _LOOK),
    "currency-mismatch": Words("Amounts of two currencies cannot be added.", _CART),
    "malformed": Words("The form could not be read.", "Open the page again and fill it in anew."),
    "too-large": Words("The form is too long.", "Shorten what you have typed."),
    "unsupported-media-type": Words("The form was not sent as one.", "Send it from its page."),
    "bad-cursor": Words("This address leads to no page of the list.", _LIST),
    "cursor-expired": Words("The list has changed too much since you began.", _LIST),
    # who is there
    "unauthenticated": Words("You are not logged in.", "Log in, and go on."),
    "session-unknown": Words("You were logged out.", "Log in again."),
    "login-failed": Words("The address or the password is wrong.", "Type both again."),
    "too-many-attempts": Words("There were too many wrong passwords.", _WAIT),
    "too-many-requests": Words("Too many have begun from your network just now.", _WAIT),
    "email-taken": Words("There is an account with this address.", "Log in with it."),
    "account-not-found": Words("This account was closed.", "Register anew."),
    "forbidden": Words("There is nothing here for you.", _GIVE_UP),
    "not-found": Words("There is nothing at this address.", _GIVE_UP),
    "method-not-allowed": Words("This address is not asked for in this way.", _GIVE_UP),
    # the own account
    "session-not-found": Words("That session has ended already.", "Look at the list of sessions."),
    "orders-under-way": Words(
        "Orders are still under way.", "Close the account once all of them are over."
    ),
    "items-on-sale": Words("Items of yours are still on sale.", "Withdraw all of them first."),
    "notification-not-found": Words("There is no such notification of yours.", "Look at the list."),
    "link-unknown": Words("This link is not known, or was used.", "Have another one sent."),
    # the wishlist
    "not-on-wishlist": Words("This is not on your wishlist.", "Look at the list."),
    "wishlist-full": Words("Your wishlist is full.", "Take something off it."),
    # selling
    "sku-taken": Words("You have another item with this SKU.", "Give it an SKU of its own."),
    "variant-in-stock": Words(
        "A form that is in stock or ordered cannot go.", "Count its pieces out first."
    ),
    "if-match-required": Words("It is not said which version is meant.", "Open the page again."),
    "stock-short": Words("There are not so many free pieces.", "Look at what is in stock."),
    "reference-reused": Words(
        "This reference was counted with another number of pieces.", "Give another reference."
    ),
    "import-not-found": Words("There is no such import of yours.", "Look at the list of imports."),
    "too-many-imports": Words(
        "Too many of your imports are not over yet.", "Wait until one is, or cancel one."
    ),
    "webhook-endpoint-not-found": Words("There is no such webhook of yours.", "Look at the list."),
    "webhook-delivery-not-found": Words(
        "There is no such delivery any more.", "Look at what was sent."
    ),
    "too-many-webhook-endpoints": Words(
        "You have as many webhooks as you may have.", "Delete one that is not needed."
    ),
    "webhook-endpoint-disabled": Words(
        "Nothing is sent there at present.", "Have it sent again first."
    ),
    "too-many-webhook-deliveries": Words(
        "As many deliveries wait as may.", "Wait until some of them are over."
    ),
    # buying
    "item-not-found": Words("This item is not sold here.", "Search for another one."),
    "too-many-lines": Words("The cart is full.", "Order what is in it, or take something out."),
    "total-too-large": Words("The cart would come to more than can be ordered at once.", _CART),
    "cart-not-found": Words("This cart is not there any more.", _CART),
    "cart-merged": Words("This cart has become part of another one.", _CART),
    "cart-empty": Words("There is nothing in the cart.", "Put something in."),
    "cart-changed": Words(
        "The cart has changed since you opened this page.",
        "Look at what it holds now, and confirm the order again.",
    ),
    "amount-mismatch": Words(
        "The total has changed since you opened this page.",
        "Look at the new total, and confirm the order again.",
    ),
    "out-of-stock": Words("There are not enough pieces left.", _CART),
    "item-unavailable": Words("Something in the cart is not sold any more.", _CART),
    "idempotency-key-reused": Words(
        "This form has been sent already, with something else in it.",
        "Look at your orders before you order again.",
    ),
    "checkout-refused": Words("This order cannot be taken.", "Look at what it says below."),
    "checkout-unavailable": Words("Orders cannot be checked just now.", _LATER),
    "payment-unavailable": Words("Payments cannot be taken just now.", _LATER),
    "order-number-unavailable": Words("Orders cannot be numbered just now.", _LATER),
    "order-not-found": Words("There is no such order of yours.", "Look at the list of orders."),
    "too-late-to-cancel": Words(
        "It is too late to cancel: the order is paid.", "Follow it on its page."
    ),
    "too-many-watching": Words("You follow too many orders at once.", "Close a window."),
    "stale-version": Words("Somebody else has changed this meanwhile.", "Look at it again."),
    "search-unavailable": Words("The search does not answer just now.", _LATER),
    # deciding
    "saga-not-found": Words("There is no such order.", "Look at the list of orders."),
    "call-unknown": Words(
        "A call is under way, or the gateway does not answer.", "Decide again in a minute."
    ),
    "not-to-be-undone": Words(
        "The order does not wait for this decision.", "Look at what it waits for."
    ),
    "contradicted-by-books": Words(
        "The gateway shows something else than you have stated.",
        "Look at the money on this page before you decide again.",
    ),
    "decision-key-reused": Words(
        "This form has been sent already, with something else in it.",
        "Look at the decisions on this page.",
    ),
    "dead-letter-not-found": Words("This message was decided already.", "Look at the list."),
    # what is away
    "unavailable": Words("A part of the shop does not answer.", _LATER),
    "overloaded": Words("Too many are here just now.", _LATER),
    "database-busy": Words("The shop is busy.", _LATER),
    "storage-full": Words("The shop cannot store anything just now.", _LATER),
}
#: Of everything that went wrong here and is no refusal.
DEFECT: Final = Words("Something went wrong here.", "It was noted. Try again in a moment.")
#: Of a form that a page of another site has sent.
FOREIGN: Final = Words(
    "This form was not sent from a page of this shop.",
    "Open the page here, and send its form. Nothing was changed.",
)


def words_of(error: CommerceError) -> Words:
    """What *error* is called; of a shop's own codes, what they say themselves."""
    known = WORDS.get(error.code)
    if known is None:
        advice = _LATER if isinstance(error, Unavailable) else _GIVE_UP
        return Words(without_cards(f"{title_of(error.code)}: {error.detail}."), advice)
    return known
