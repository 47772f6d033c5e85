"""What watching a shop is tested with."""

from tests.servers import rabbitmq_url, shared_servers

__all__ = ["rabbitmq_url", "shared_servers"]
