"""Money is an integer number of a currency's minor unit, never a float."""

from collections.abc import Iterable
from decimal import Context, Decimal, InvalidOperation
from typing import Final

import attrs

from commerce_core.kernel.errors import Rejected

# ISO 4217: minor units of the currencies that do not have two.
_EXPONENTS: Final = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
) | dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)

#: Largest price of one piece, in minor units.
MAX_MINOR: Final = 10**12

#: Largest sum, in minor units: 999,999 pieces at the largest price fit, and 64 bits hold nine of
#: it.
MAX_SUM: Final = 10**18

#: Wide enough for every amount that is read: nothing is rounded before it is judged.
_EXACT: Final = Context(prec=60)


class InvalidMoney(Rejected):
    """Not an amount of money: not a number, too many decimals, too large, or an unknown currency
    code.
    """

    code = "invalid-money"


class CurrencyMismatch(Rejected):
    """Two currencies were mixed in one sum."""

    code = "currency-mismatch"


def exponent(currency: str) -> int:
    """The number of decimals that *currency* (ISO 4217, upper case) has."""
    return _EXPONENTS.get(currency, 2)


@attrs.frozen(order=True)
class Money:
    """*minor* units (cents for USD) of *currency* (ISO 4217 code)."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Nothing, in *currency*."""
        return cls(0, currency)

    @classmethod
    def total(cls, amounts: "Iterable[Money]", currency: str) -> "Money":
        """The sum of those of *amounts* that are in *currency*."""
        return cls(sum(a.minor for a in amounts if a.currency == currency), currency)

    @classmethod
    def parse(cls, value: str | int | Decimal, currency: str) -> "Money":
        """Read an amount in major units (``15.99``) exactly.

        Raises:
            InvalidMoney: not a finite number, more decimals than the currency has, beyond
                ``MAX_SUM``, or *currency* is not three capital letters.
        """
        if len(currency) != 3 or not (
            currency.isascii() and currency.isalpha() and currency.isupper()
        ):
            raise InvalidMoney(f"{currency!r:.20} is not a currency code")
        if isinstance(value, str) and (
            len(value) > 40 or not value.isascii() or "_" in value or value != value.strip()
        ):
            raise InvalidMoney("not an amount")
        try:
            amount = Decimal(value)
        except (InvalidOperation, ValueError) as error:
            raise InvalidMoney("not an amount") from error
        if (
            not amount.is_finite()
            or abs(amount.adjusted()) > 30
            or len(amount.as_tuple().digits) > _EXACT.prec
        ):
            raise InvalidMoney("not an amount of this size")
        scaled = amount.scaleb(exponent(currency), _EXACT)
        if scaled != scaled.to_integral_value():
            raise InvalidMoney(f"more decimals than {currency} has ({exponent(currency)})")
        if abs(scaled) > MAX_SUM:
            raise InvalidMoney("not an amount of this size")
        return cls(int(scaled), currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def amount(self) -> str:
        """Major units as decimal text with the currency's own number of decimals: ``"15.99"``."""
        digits = exponent(self.currency)
        if not digits:
            return str(self.minor)
        text = str(abs(self.minor)).rjust(digits + 1, "0")
        return f"{'-' if self.minor < 0 else ''}{text[:-digits]}.{text[-digits:]}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.minor * count, self.currency)

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{other.currency} is not {self.currency}")
        return other
