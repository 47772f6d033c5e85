"""The verbs of webhooks: manage endpoints, write down what is to be delivered, send it."""

from commerce_core.webhooks.service.audit import WebhookAudit
from commerce_core.webhooks.service.endpoints import Webhooks
from commerce_core.webhooks.service.follow import WebhookQueueing
from commerce_core.webhooks.service.limits import WebhookLimits
from commerce_core.webhooks.service.personal_data import WebhookData
from commerce_core.webhooks.service.secrets import SigningSecrets
from commerce_core.webhooks.service.send import WebhookSender
from commerce_core.webhooks.service.together import WebhookParts, WebhookServices

__all__ = [
    "SigningSecrets",
    "WebhookAudit",
    "WebhookData",
    "WebhookLimits",
    "WebhookParts",
    "WebhookQueueing",
    "WebhookSender",
    "WebhookServices",
    "Webhooks",
]
