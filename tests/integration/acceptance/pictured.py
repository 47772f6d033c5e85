"""Requests for images, on which the statements are counted; each is prepared, and sent later."""

from collections.abc import Callable
from itertools import count

from tests.integration.acceptance.quarters import Quarter
from tests.pictures import picture

Send = Callable[[], object]
_widths = count(10)


def upload(q: Quarter) -> Send:
    for _ in range(3):
        _delete_all(q)
        _uploaded(q)
    return lambda: _uploaded(q)


def listed(q: Quarter) -> Send:
    _uploaded(q)
    return lambda: q.send(q.seller, "GET", _place(q))


def looked_up(q: Quarter) -> Send:
    path = f"{_place(q)}/{_uploaded(q)}"
    return lambda: q.send(q.seller, "GET", path)


def deleted(q: Quarter) -> Send:
    path = f"{_place(q)}/{_uploaded(q)}"
    return lambda: q.send(q.seller, "DELETE", path, status=204)


def _uploaded(q: Quarter) -> str:
    sent = {"content": picture("PNG", (next(_widths), 9)), "headers": {"Content-Type": "image/png"}}
    image: str = q.send(q.seller, "POST", _place(q), status=201, **sent).json()["imageId"]
    return image


def _delete_all(q: Quarter) -> None:
    for image in q.send(q.seller, "GET", _place(q)).json()["images"]:
        q.send(q.seller, "DELETE", f"{_place(q)}/{image['imageId']}", status=204)


def _place(q: Quarter) -> str:
    return f"/items/{q.items[0].item.id}/images"
