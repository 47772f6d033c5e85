"""Book the parcel. Undone by proving the booking absent or cancelling it."""

from commerce_core.checkout.model import (
    CallStatus,
    Cause,
    Operation,
    OrderSaga,
    RecordEvent,
    RecordShipment,
    StepCommand,
    call_key,
)
from commerce_core.checkout.ports import Party
from commerce_core.checkout.steps.step import (
    CallRequest,
    Done,
    Failed,
    Outside,
    Stay,
    Step,
    Verdict,
)
from commerce_core.orders import Fact, Shipment
from commerce_core.shipping import Booked, BookingGone, CannotShip, ParcelLine


class ArrangeShipment(Step):
    """After the pivot, so that it is repeated until the carrier books, or says for good that it
    cannot.
    """

    @property
    def operation(self) -> Operation:
        return Operation.SHIP

    def party(self, saga: OrderSaga) -> Party:
        return Party(saga.carrier, None)

    def applies(self, saga: OrderSaga) -> bool:
        return True

    def begin(self, saga: OrderSaga) -> OrderSaga:
        return saga.with_intent(Operation.SHIP)

    def next_command(self, saga: OrderSaga) -> StepCommand:
        return StepCommand.BOOK

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

    def undo_command(self, saga: OrderSaga) -> StepCommand | None:
        proven_gone = (
            saga.call(Operation.SHIP) is None or saga.status(Operation.UNSHIP) is CallStatus.OK
        )
        return None if proven_gone else StepCommand.UNBOOK

    def settle_undo(self, saga: OrderSaga, outcome: object) -> Done | Stay:
        if isinstance(outcome, BookingGone):
            return Done(saga.with_result(Operation.UNSHIP, CallStatus.OK))
        return Stay(saga)

    def perform(self, request: CallRequest, outside: Outside) -> object:
        saga, order = request.saga, request.order
        if request.command == StepCommand.UNBOOK:
            call = saga.calls[Operation.UNSHIP]
            return outside.carriers[call.gateway].cancel(order.id, call_key(saga.key, call))
        call = saga.calls[Operation.SHIP]
        lines = [
            ParcelLine(sku_id=line.sku_id, name=line.name, quantity=line.quantity)
            for line in order.lines
        ]
        carrier = outside.carriers[call.gateway]
        return carrier.book(order.id, call_key(saga.key, call), order.address, lines)
