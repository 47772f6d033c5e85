"""`commerce accounts`."""

from typing import Literal

from commerce_cli.opening import open_shop
from commerce_cli.output import AsJson, Output


def grant(
    email: str, role: Literal["buyer", "seller", "operator"], /, *, json: AsJson = False
) -> None:
    """Give the account of EMAIL another role. Operators are made only this way."""
    from commerce_core.accounts import Role

    out = Output(as_json=json)
    with open_shop() as shop:
        account = shop.accounts.grant(email, Role(role))
    out.say(f"{account.email} is {'an' if role == 'operator' else 'a'} {account.role.value} now.")
    out.answer({"accountId": account.id, "email": account.email, "role": account.role.value})
