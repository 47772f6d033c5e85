"""Book the parcel. Undone by proving the booking absent or cancelling it."""

from commerce_core.checkout.model import (
    CallStatus,
    Cause,
    GatewayCommand,
    Operation,
    OrderSaga,
    RecordEvent,
    RecordShipment,
)
from commerce_core.checkout.steps.step import Done, Failed, Stay, Step, Verdict
from commerce_core.orders import Fact, Shipment
from commerce_core.shipping import Booked, BookingGone, CannotShip


class ArrangeShipment(Step):
    """After the pivot, so that it is repeated until the carrier books, or says for good that it
    cannot.
    """

    def applies(self, saga: OrderSaga) -> bool:
        return True

    def begin(self, saga: OrderSaga) -> OrderSaga:
        return saga.with_intent(Operation.SHIP)

    def ask(self, saga: OrderSaga) -> GatewayCommand:
        return GatewayCommand.BOOK

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        match outcome:
            case Booked():
                parcel = {"carrier": outcome.carrier, "trackingNumber": outcome.tracking_number}
                shipment = Shipment(
                    carrier=outcome.carrier, tracking_number=outcome.tracking_number
                )
                return Done(
                    saga.with_result(Operation.SHIP, CallStatus.OK, parcel),
                    (RecordShipment(shipment), RecordEvent(Fact.SHIPMENT_READY, parcel)),
                )
            case CannotShip():
                return Failed(
                    saga.with_result(Operation.SHIP, CallStatus.REFUSED),
                    Cause("cannot-ship", outcome.detail),
                )
            # not by this saga, as it stands: by hand, or before a back-up of it was restored
            case BookingGone():
                refused = saga.with_result(Operation.SHIP, CallStatus.REFUSED)
                return Failed(
                    refused, Cause("cannot-ship", "the booking was cancelled at the carrier")
                )
            case _:
                return Stay(saga.with_result(Operation.SHIP, CallStatus.UNKNOWN))

    def begin_undo(self, saga: OrderSaga) -> Done:
        return Done(saga.with_intent(Operation.UNSHIP) if saga.call(Operation.SHIP) else saga)

    def ask_undo(self, saga: OrderSaga) -> GatewayCommand | None:
        proven_gone = (
            saga.call(Operation.SHIP) is None or saga.status(Operation.UNSHIP) is CallStatus.OK
        )
        return None if proven_gone else GatewayCommand.UNBOOK

    def settle_undo(self, saga: OrderSaga, outcome: object) -> Done | Stay:
        if isinstance(outcome, BookingGone):
            return Done(saga.with_result(Operation.UNSHIP, CallStatus.OK))
        return Stay(saga)
