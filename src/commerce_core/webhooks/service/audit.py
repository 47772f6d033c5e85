"""Whether what is stored of webhooks fits together."""

from collections.abc import Iterator
from typing import Final

from commerce_core.kernel.audit import Audit, Violation
from commerce_core.kernel.transaction import Database
from commerce_core.webhooks.ports import EndpointAudit, WebhookRepository, WebhookStats

_PAGE: Final = 100


class WebhookAudit(Audit):
    """S20 and L14, of every endpoint; and how they do."""

    def __init__(self, database: Database, repo: WebhookRepository) -> None:
        self._db = database
        self._repo = repo

    def violations(self) -> Iterator[Violation]:
        after = None
        while True:
            with self._db.snapshot() as tx:
                page = self._repo.audit(tx, after, _PAGE)
            for each in page:
                yield from _violations(each)
            if len(page) < _PAGE:
                return
            after = page[-1].endpoint_id

    def stats(self, at_most: int) -> WebhookStats:
        """Figures, deliveries counted up to *at_most*."""
        with self._db.snapshot() as tx:
            return self._repo.stats(tx, at_most)


def _violations(audit: EndpointAudit) -> Iterator[Violation]:
    if audit.said != audit.waiting:
        detail = f"{audit.waiting} deliveries wait, and {audit.said} are counted"
        yield _of(audit, "S20", detail)
    if audit.stuck:
        detail = f"deliveries of {audit.stuck} subjects wait for none before them"
        yield _of(audit, "L14", detail)


def _of(audit: EndpointAudit, invariant: str, detail: str) -> Violation:
    subject = f"webhook endpoint {audit.endpoint_id}"
    return Violation(invariant=invariant, subject=subject, detail=detail)
