"""What payment gateways say by themselves."""

from typing import Any, Final

from litestar import Request

from commerce_core.checkout.service.notices import PaymentNotices
from commerce_core.payment import Delivery, NoSuchGateway, NotAuthentic
from commerce_http.web.body import ANY_MEDIA
from commerce_http.web.frame import headers_of
from commerce_http.web.operations import operation

#: Of the gateways that there are, none sends a quarter of it.
_LONGEST: Final = 256 << 10


@operation(
    "POST",
    "/webhooks/payments/{gateway}",
    problems=(NoSuchGateway, NotAuthentic),
    media=("application/octet-stream", ANY_MEDIA),
    body_limit=_LONGEST,
    example="(the bytes, as the gateway signs them)",
)
def receive_payment_notice(
    gateway: str,
    content: bytes,
    request: Request[Any, Any, Any],
    payment_notices: PaymentNotices,
) -> None:
    """For a payment gateway alone: what it says by itself, of any media type, signed as it does.

    200 once it is kept, also if it is known, of another account, or about no order of the shop.
    Nothing that it says is believed: the shop asks the gateway what became of the payment.
    """
    headers = headers_of(request.scope)
    payment_notices.receive(gateway, Delivery(body=content, headers=headers))
