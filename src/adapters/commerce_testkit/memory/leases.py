"""Which leases count."""

from datetime import datetime


def unheld(lease_until: datetime | None, now: datetime, until: datetime) -> bool:
    """Whether nobody holds a lease; one that ends later than any that could have been given by now
    is void.
    """
    return lease_until is None or lease_until < now or lease_until > until + (until - now)
