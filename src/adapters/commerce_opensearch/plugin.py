"""OpenSearch by address: ``opensearch://host1:9200,host2:9200/prefix?…``, ``opensearchs://`` for
TLS.
"""

from commerce_core.plugins import PluginContext
from commerce_opensearch.address import Address
from commerce_opensearch.index import OpenSearchIndex


def open_index(url: str, context: PluginContext) -> OpenSearchIndex:
    """The index at *url*. The cluster is not called yet: a shop starts while it is down.

    Raises:
        ValueError, OSError: *url* is no such address, or names certificates that cannot be read.
    """
    return OpenSearchIndex(Address.parse(url), currency=context.currency, clock=context.clock)
