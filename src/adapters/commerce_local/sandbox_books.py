"""What the sandbox's books show: the questions that are asked of them, by order and by time."""

from datetime import datetime
from typing import Final

from commerce_local.sandbox_refunds import COMES_BACK_AFTER, LATER

#: Lines in a page of the books.
PAGE: Final = 200
#: A charge is booked at the moment that it was first asked for.
BOOKS_SCHEMA: Final = """
CREATE INDEX IF NOT EXISTS captured_handle ON handle (coalesce(first_asked_at, prepared_at))
    WHERE status = 'captured';
CREATE INDEX IF NOT EXISTS refund_made_at ON refund_made (at);
"""
_REFUNDS: Final = """
    FROM refund AS r JOIN handle AS h USING (order_id) {made} JOIN refund_made AS m USING (key)
    WHERE NOT (h.behaviour = 'refunds-later' AND coalesce(m.at, '') > :carried_out)
    AND NOT (h.behaviour = 'refunds-come-back' AND coalesce(m.at, '9') <= :came_back)
"""
OF_ORDERS: Final = f"""
    WITH wanted AS (SELECT DISTINCT value AS order_id FROM json_each(:order_ids))
    SELECT order_id, 'cap_' || order_id, 'capture' AS kind, minor, currency
        FROM handle JOIN wanted USING (order_id) WHERE status = 'captured'
    UNION ALL SELECT r.order_id, r.ref, 'refund', r.minor, r.currency
        {_REFUNDS.format(made="LEFT")} AND r.order_id IN (SELECT order_id FROM wanted)
    ORDER BY order_id, kind, 2
"""  # noqa: S608 (names of ours alone)
#: Refunds of a release that kept no moments are not among them.
BY_TIME: Final = f"""
    SELECT order_id, ref, kind, minor, currency, at FROM (
        SELECT order_id, 'cap_' || order_id AS ref, 'capture' AS kind, minor, currency,
            coalesce(first_asked_at, prepared_at) AS at
        FROM handle WHERE status = 'captured'
            AND coalesce(first_asked_at, prepared_at) >= :since
            AND coalesce(first_asked_at, prepared_at) < :until
        UNION ALL SELECT r.order_id, r.ref, 'refund', r.minor, r.currency, m.at
        {_REFUNDS.format(made="")} AND m.at >= :since AND m.at < :until
    )
    WHERE (at, ref) > (:since, :ref) ORDER BY at, ref LIMIT {PAGE + 1}
"""  # noqa: S608 (names of ours alone)


def bounds(now: datetime) -> dict[str, str]:
    """Until when a refund has to be made that is carried out later, or has come back, by *now*."""
    return {
        "carried_out": (now - LATER).isoformat(timespec="microseconds"),
        "came_back": (now - COMES_BACK_AFTER).isoformat(timespec="microseconds"),
    }
