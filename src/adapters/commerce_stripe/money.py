"""Amounts as Stripe writes them, which is not always in the minor units of ISO 4217.

Source: https://docs.stripe.com/currencies (zero-decimal, three-decimal and special currencies).
"""

from typing import Final

from commerce_core.kernel.money import Money, exponent

#: The currencies that it takes, by their decimals. For MGA, ISO 4217 has two, for ISK and UGX none.
_CURRENCIES: Final = {
    0: "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF",
    2: """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD
    CDF CHF CNY COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL
    HTG HUF IDR ILS INR ISK JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP
    MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR
    SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS WST
    XCD YER ZAR ZMW
    """,
    3: "BHD JOD KWD OMR TND",
}
_DECIMALS: Final = {code: digits for digits, codes in _CURRENCIES.items() for code in codes.split()}
#: The last of three decimals must be a nought.
_STEP: Final = 10


class NotExact(ValueError):
    """The amount cannot be written without rounding, or Stripe does not take the currency."""


def decimals(currency: str) -> int:
    """How many decimals Stripe has for *currency* (ISO 4217, upper case).

    Raises:
        NotExact: it does not take the currency.
    """
    if currency not in _DECIMALS:
        raise NotExact(f"{currency} cannot be paid with")
    return _DECIMALS[currency]


def to_stripe(money: Money) -> int:
    """*money* in the units that Stripe takes. Never rounds.

    Raises:
        NotExact: it has a part that these units cannot hold.
    """
    digits = decimals(money.currency)
    amount = _scaled(money.minor, digits - exponent(money.currency), money.currency)
    if digits == 3 and amount % _STEP:
        raise NotExact(f"an amount of {money.currency} must end in 0")
    return amount


def from_stripe(amount: int, currency: str) -> Money:
    """An *amount* of Stripe's in *currency* (as it writes it, in small letters).

    Raises:
        NotExact: our minor units cannot hold it.
    """
    code = currency.upper()
    return Money(_scaled(amount, exponent(code) - decimals(code), code), code)


def _scaled(amount: int, digits: int, currency: str) -> int:
    if digits >= 0:
        return int(amount * 10**digits)
    scaled, rest = divmod(amount, 10**-digits)
    if rest:
        raise NotExact(f"{currency} has fewer decimals than this amount")
    return int(scaled)
