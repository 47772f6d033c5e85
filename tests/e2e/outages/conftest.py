"""Servers that sessions share, for the parts that need not be stopped."""

from tests.servers import shared_servers

__all__ = ["shared_servers"]
