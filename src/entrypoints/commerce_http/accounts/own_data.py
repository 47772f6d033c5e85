"""What is known of the holder of an account: all of it to read, and its end."""

from collections.abc import Iterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

import msgspec
from litestar.types import Receive, Scope, Send

from commerce_core.accounts import Account as CoreAccount
from commerce_core.accounts import CloseAccount, TooManyAttempts
from commerce_core.accounts.service import OwnData
from commerce_core.catalog import ItemsOnSale
from commerce_core.orders import OrdersUnderWay
from commerce_http.web.answers import NO_STORE, NOSNIFF, EventStream, is_head
from commerce_http.web.auth import HOLDER
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.operations import CallersDevice, Runs, operation

_IN_MEMORY: Final = 1 << 20
_SENT_AT_ONCE: Final = 1 << 16
_HEADERS: Final = [
    (b"content-type", b"application/json"),
    (b"content-disposition", b'attachment; filename="account.json"'),
    NO_STORE,
    NOSNIFF,
]
_Excerpts = Iterator[tuple[str, Sequence[Mapping[str, Any]]]]


class Export(EventStream):
    """Everything that is known of a person as one JSON object. It is whole before any of it is
    sent, so that a failure is a refusal and not half an object; a long one lies in a file
    meanwhile.
    """

    def __init__(self, excerpts: _Excerpts, executor: BlockingExecutor) -> None:
        self._excerpts = excerpts
        self._executor = executor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with SpooledTemporaryFile(_IN_MEMORY) as file:
            await self._executor.do(Runs.WORK, self._write, file)
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            while not is_head(scope) and (
                body := await self._executor.do(Runs.WORK, file.read, _SENT_AT_ONCE)
            ):
                await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _write(self, file: IO[bytes]) -> None:
        for text in written(self._excerpts):
            file.write(text)
        file.seek(0)


def written(excerpts: _Excerpts) -> Iterator[bytes]:
    """The object in pieces: a list of records under each name."""
    present: str | None = None
    for name, records in excerpts:
        texts = b",".join(map(msgspec.json.encode, records))
        if name == present:
            yield b"," + texts if texts else b" "
        else:
            opening = b"{" if present is None else b"],"
            yield opening + msgspec.json.encode(name) + b":[" + texts
        present = name
    yield b"]}"


@operation(
    "GET",
    "/accounts/me/export",
    who=HOLDER,
)
async def export_account(
    caller: CoreAccount, own_data: OwnData, executor: BlockingExecutor
) -> Export:
    """Everything that the shop knows of the caller, as one JSON object of lists of records."""
    return Export(own_data.export(caller.id), executor)


@operation(
    "DELETE",
    "/accounts/me",
    who=HOLDER,
    status=204,
    problems=(OrdersUnderWay, ItemsOnSale, TooManyAttempts),
    runs=Runs.PASSWORD,
    body_limit=1 << 14,
    example={"password": "correct horse battery"},
)
def close_account(
    command: CloseAccount, caller: CoreAccount, origin: CallersDevice, own_data: OwnData
) -> None:
    """Close the account and erase what is known of its holder, once all orders are over and nothing
    is on sale. The e-mail address may register anew.
    """
    own_data.close(caller, command, origin)
