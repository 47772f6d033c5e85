"""Real servers for the tests of this folder."""

from tests.servers import opensearch_url, postgres_url, rabbitmq_url, shared_servers

__all__ = ["opensearch_url", "postgres_url", "rabbitmq_url", "shared_servers"]
