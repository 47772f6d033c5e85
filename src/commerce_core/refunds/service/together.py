"""The services of refunds, on what they share."""

from collections.abc import Mapping

import attrs

from commerce_core.audit import AuditTrail
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.messaging import Outbox
from commerce_core.kernel.transaction import Database
from commerce_core.orders import OrderRepository
from commerce_core.payment import PaymentGateway
from commerce_core.refunds.ports import RefundRepository
from commerce_core.refunds.service.desk import RefundDesk
from commerce_core.refunds.service.found import RefundsAtGateways
from commerce_core.refunds.service.request import Refunds
from commerce_core.refunds.service.run import RefundRunner


@attrs.frozen
class RefundServices:
    """Makes each of them."""

    database: Database
    orders: OrderRepository
    repo: RefundRepository
    gateways: Mapping[str, PaymentGateway]
    outbox: Outbox
    clock: Clock
    ids: IdFactory
    audit: AuditTrail

    def made(self) -> tuple[Refunds, RefundRunner, RefundDesk]:
        """All of them."""
        return self.requests(), self.runner(), self.desk()

    def desk(self) -> RefundDesk:
        """What operators look at."""
        return RefundDesk(self.database, self.orders, self.repo, self.clock, self.audit)

    def requests(self) -> Refunds:
        """What takes wishes for refunds."""
        return Refunds(self.database, self.orders, self.repo, self.clock)

    def runner(self) -> RefundRunner:
        """What carries them out."""
        on = (self.database, self.orders, self.repo, self.gateways, self.outbox)
        return RefundRunner(*on, self.clock, self.ids)

    def found(self) -> RefundsAtGateways:
        """What takes those that were made at a gateway itself."""
        return RefundsAtGateways(self.repo, self.outbox, self.clock, self.ids)
