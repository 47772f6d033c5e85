"""The verbs of notifications: make them of events, send them, list them, choose among them."""

from commerce_core.notifications.service.compose import Composer
from commerce_core.notifications.service.follow import EventNotifications
from commerce_core.notifications.service.notify import Notifications
from commerce_core.notifications.service.personal_data import MessageRetention, NotificationData
from commerce_core.notifications.service.read import Notices
from commerce_core.notifications.service.samples import sample_values
from commerce_core.notifications.service.send import NotificationSender, SendingRules
from commerce_core.notifications.service.together import NotificationServices
from commerce_core.notifications.service.unsubscribe import UnsubscribeLinks

__all__ = [
    "Composer",
    "EventNotifications",
    "MessageRetention",
    "Notices",
    "NotificationData",
    "NotificationSender",
    "NotificationServices",
    "Notifications",
    "SendingRules",
    "UnsubscribeLinks",
    "sample_values",
]
