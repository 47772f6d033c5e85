"""Sending webhooks by HTTP: signed by the library of Standard Webhooks, over connections that reach
nothing but the public internet.
"""

from commerce_webhooks.receivers import HttpReceivers

__all__ = ["HttpReceivers"]
