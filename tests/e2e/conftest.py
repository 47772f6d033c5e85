"""The database server that the tests here share."""

from tests.postgres import shop_databases, shop_url
from tests.servers import shared_servers

__all__ = ["shared_servers", "shop_databases", "shop_url"]
