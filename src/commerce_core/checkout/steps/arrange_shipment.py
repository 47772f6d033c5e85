"""Book the parcel. Undone by proving the booking absent or cancelling it."""

from commerce_core.checkout.model import CallStatus, Cause, Operation, OrderSaga, RecordShipment, Tell, Verb
from commerce_core.checkout.steps.step import Done, Failed, Stay, Step, Verdict
from commerce_core.orders import Fact, Shipment
from commerce_core.shipping import Booked, BookingGone, CannotShip


class ArrangeShipment(Step):
    """After the pivot, so that it is repeated until the carrier books, or says for good that it cannot."""

    def applies(self, saga: OrderSaga) -> bool:
        return True

    def begin(self, saga: OrderSaga) -> OrderSaga:
        return saga.intending(Operation.SHIP)

    def ask(self, saga: OrderSaga) -> Verb:
        return Verb.BOOK

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        match outcome:
            case Booked():
                parcel = {"carrier": outcome.carrier, "trackingNumber": outcome.tracking_number}
                shipment = Shipment(carrier=outcome.carrier, tracking_number=outcome.tracking_number)
                return Done(
                    saga.knowing(Operation.SHIP, CallStatus.OK, parcel), (RecordShipment(shipment), Tell(Fact.SHIPMENT_READY, parcel))
                )
            case CannotShip():
                return Failed(saga.knowing(Operation.SHIP, CallStatus.REFUSED), Cause("cannot-ship", outcome.detail))
            case BookingGone():  # not by this saga, as it stands: by hand, or before a back-up of it was restored
                refused = saga.knowing(Operation.SHIP, CallStatus.REFUSED)
                return Failed(refused, Cause("cannot-ship", "the booking was cancelled at the carrier"))
            case _:
                return Stay(saga.knowing(Operation.SHIP, CallStatus.UNKNOWN))

    def begin_undo(self, saga: OrderSaga) -> Done:
        return Done(saga.intending(Operation.UNSHIP) if saga.call(Operation.SHIP) else saga)

    def ask_undo(self, saga: OrderSaga) -> Verb | None:
        proven_gone = saga.call(Operation.SHIP) is None or saga.status(Operation.UNSHIP) is CallStatus.OK
        return None if proven_gone else Verb.UNBOOK

    def settle_undo(self, saga: OrderSaga, outcome: object) -> Done | Stay:
        if isinstance(outcome, BookingGone):
            return Done(saga.knowing(Operation.UNSHIP, CallStatus.OK))
        return Stay(saga)
