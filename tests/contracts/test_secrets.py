"""Adapters that are handed a secret keep it, however they fail."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commerce_core.accounts import Account, Role
from commerce_core.kernel.ids import AccountId, BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_local.accounts import Argon2Hasher
from commerce_local.sandbox_gateway import SandboxGateway
from commerce_sqlalchemy.accounts import SqlAccountRepository
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.canaries import Canaries, listening, spellings
from commerce_testkit.contracts.secrets import Call, SecretsContract
from commerce_testkit.memory.clock import SettableClock

ORDER, BUYER, PRICE = OrderId("order-1"), BuyerId("buyer-1"), Money(100, "USD")
AT = datetime(2026, 1, 1, tzinfo=UTC)


def by_card(canaries: Canaries) -> PaymentInfo:
    return PaymentInfo(
        payment_type="card", card_no=CardNumber.from_text(canaries.card), cvc="123", expiry="12/30"
    )


class TestSandboxGateway(SecretsContract):
    @pytest.fixture
    def gateway(self, tmp_path: Path) -> SandboxGateway:
        return SandboxGateway(tmp_path / "books.db", SettableClock())

    @pytest.fixture
    def failing(self, gateway: SandboxGateway) -> Mapping[str, Call]:
        gateway._file.rows_of("DROP TABLE handle", ())
        return {
            "prepare": lambda canaries: (
                gateway.prepare(ORDER, BUYER, PRICE, by_card(canaries)).handle
            ),
            "token": lambda canaries: (
                gateway.prepare(
                    ORDER, BUYER, PRICE, PaymentInfo(payment_type="card", token=canaries.bearer)
                ).handle
            ),
        }

    @pytest.fixture
    def well(self, gateway: SandboxGateway) -> Mapping[str, Call]:
        return {
            "prepare": lambda canaries: (
                gateway.prepare(ORDER, BUYER, PRICE, by_card(canaries)).handle
            )
        }


class TestArgon2Hasher(SecretsContract):
    @pytest.fixture
    def failing(self) -> Mapping[str, Call]:
        full, hasher = Argon2Hasher(at_once=1, waiting=0), Argon2Hasher(at_once=1, waiting=9)
        assert full._room.acquire(blocking=False)
        return {
            "no room": lambda canaries: full.hash(canaries.password),
            "no hash": lambda canaries: hasher.verify("nonsense", canaries.password),
            "no text": lambda canaries: hasher.hash(f"{canaries.password}\ud800"),
        }


class TestSqlDatabase(SecretsContract):
    """Values that are bound stand in no error."""

    @pytest.fixture
    def failing(self, tmp_path: Path) -> Mapping[str, Call]:
        database, repo = SqlDatabase(f"sqlite:///{tmp_path}/shop.db"), SqlAccountRepository()

        def insert(canaries: Canaries) -> None:
            held = Account(
                id=AccountId("a"), email=f"{canaries.bearer}@example.com", name=canaries.card,
                password_hash=canaries.password,
                role=Role.BUYER, address=None, created_at=AT, version=1,
            )  # fmt: skip
            with database.begin() as tx:
                repo.insert(tx, [held])

        def ask(canaries: Canaries) -> object:
            with database.snapshot() as tx:
                return repo.by_email(tx, [canaries.bearer])

        return {"insert": insert, "ask": ask}


class _Careless:
    """An adapter that tells everything, each time in another way."""

    def __init__(self, way: str) -> None:
        self._way = way

    def __call__(self, canaries: Canaries) -> object:
        log = logging.getLogger("careless")
        match self._way:
            case "message":
                raise RuntimeError(f"cannot take {canaries.card}")
            case "cause":
                raise RuntimeError("no") from ValueError(canaries.password)
            case "log":
                log.debug("asked with %s", canaries.bearer)
            case "extra":
                log.info("asked", extra={"request": {"token": canaries.cart_token}})
            case _:
                return {
                    "card": (
                        f"{canaries.card[:4]} {canaries.card[4:8]} {canaries.card[8:12]} "
                        f"{canaries.card[12:]}"
                    )
                }
        return None


@pytest.mark.parametrize(
    ("way", "found"),
    [
        ("message", ["card"]),
        ("cause", ["password"]),
        ("log", ["bearer"]),
        ("extra", ["cart_token"]),
        ("answer", ["card"]),
    ],
)
def test_whatever_a_careless_adapter_tells_is_found(way: str, found: list[str]) -> None:
    with pytest.raises(AssertionError, match=found[0]):
        SecretsContract().test_no_secret_is_in_what_a_failure_writes_raises_or_answers(
            {"call": _Careless(way)}
        )


def test_a_canary_is_found_in_every_spelling() -> None:
    canaries = Canaries()
    assert [canaries.found_in(spelled) for spelled in spellings(canaries.card)] == [["card"]] * len(
        spellings(canaries.card)
    )
    with listening() as heard:
        pass
    assert canaries.found_in(heard.text) == []
