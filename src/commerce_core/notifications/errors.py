"""Refusals about notifications."""

from commerce_core.kernel.errors import NotFound


class NotificationNotFound(NotFound):
    """There is no such notification of this person."""

    code = "notification-not-found"


class UnknownUnsubscribeLink(NotFound):
    """A link to unsubscribe by was not made by this shop."""

    code = "unknown-unsubscribe-link"
