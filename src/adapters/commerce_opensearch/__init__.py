"""OpenSearch behind the search port: an engine beside the shop, for a fleet.

Any number of processes write and search it. Each write is guarded by the document's version, so
that the order in which they come does not matter.
"""

from commerce_opensearch.index import OpenSearchIndex

__all__ = ["OpenSearchIndex"]
