"""What the cluster answers in place of what was asked for. To the shop each is a search that is not
there.
"""

from commerce_core.search import SearchUnavailable


class Missing(SearchUnavailable):
    """What was asked for is not there: an index, an alias, or a state that is kept no more."""


class Refused(SearchUnavailable):
    """The request itself is wrong."""


class Failed(SearchUnavailable):
    """The cluster answers, and could not do it: what it needs for it is on a node that is gone, or
    on none yet.
    """
