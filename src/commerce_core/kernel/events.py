"""Facts. An event has a wire name with a version (``orders.order_placed.v1``), never a class
path.
"""

from typing import ClassVar

import attrs


@attrs.frozen(kw_only=True)
class Event:
    """Base of all events. Subclasses are frozen, hold plain values only, and set ``name`` and
    ``partition_key``.
    """

    name: ClassVar[str]

    @property
    def partition_key(self) -> str:
        """Events with the same key are delivered in the order in which they were recorded, as far
        as a broker can.
        """
        raise NotImplementedError
