"""Errors of the cluster. To the shop each is a search that is not
there.
"""

from commerce_core.search import SearchUnavailable


class Missing(SearchUnavailable):
    """An index, an alias or a point in time that does not exist (any more)."""


class Refused(SearchUnavailable):
    """The request itself is wrong."""


class Failed(SearchUnavailable):
    """The cluster answers, and could not do it: what it needs for it is on a node that is gone, or
    on none yet.
    """
