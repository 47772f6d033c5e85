"""What an amount may be in a currency: https://docs.stripe.com/currencies."""

from .errors import invalid
from .params import names

ZERO_DECIMAL = names("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
THREE_DECIMAL = names("bhd jod kwd omr tnd")
#: Without fractions, yet sent with two decimals: an amount has to end in 00.
WHOLE_WITH_TWO_DECIMALS = names("isk ugx")
TWO_DECIMAL = names(
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad "
    "cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel ghs gip gmd gtq gyd hkd "
    "hnl hrk htg huf idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt "
    "mop mro mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd "
    "rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah usd uyu uzs "
    "wst xcd xcg yer zar zmw"
)
ALL = ZERO_DECIMAL | THREE_DECIMAL | WHOLE_WITH_TWO_DECIMALS | TWO_DECIMAL

#: The documented least amounts, in the units of requests.
LEAST = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500,
    "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
_MOST = 99_999_999
#: Currencies of small units may have more digits than eight.
_LONGER = {"cop": 9_999_999_999, "huf": 9_999_999_999, "idr": 999_999_999_999}
_LONGER |= {"jpy": 9_999_999_999, "lbp": 999_999_999_999, "inr": 999_999_999}


def known(currency: str) -> str:
    """The currency in small letters.

    Raises:
        ApiError: Stripe does not know it.
    """
    code = currency.lower()
    if code not in ALL:
        raise invalid(
            f"Invalid currency: {code}. Stripe currently supports these currencies: "
            f"{', '.join(sorted(ALL))}",
            param="currency",
        )
    return code


def fits(amount: int, currency: str) -> None:
    """Refuse a fraction that the currency does not have, in charges and in refunds alike."""
    if currency in WHOLE_WITH_TWO_DECIMALS and amount % 100:
        raise invalid(
            f"Invalid amount. Currency {currency.upper()} has become effectively zero-decimal and "
            "charged amounts must be evenly divisible by 100. See "
            "https://stripe.com/docs/currencies#special-cases for more information.",
            code="invalid_charge_amount_no_decimal_compatible",
            param="amount",
        )
    if currency in THREE_DECIMAL and amount % 10:
        raise invalid(
            f"Invalid amount. The last digit of an amount in {currency.upper()} must be 0. See "
            "https://stripe.com/docs/currencies#three-decimal for more information.",
            code="parameter_invalid_integer",
            param="amount",
        )


def chargeable(amount: int, currency: str) -> None:
    """Refuse what is below the least or above the most that can be charged."""
    fits(amount, currency)
    if amount < LEAST.get(currency, 1):
        raise invalid(
            f"Amount must be at least {shown(LEAST.get(currency, 1), currency)}",
            code="amount_too_small",
            param="amount",
        )
    most = _LONGER.get(currency, _MOST)
    if amount > most:
        raise invalid(
            f"Amount must be no more than {shown(most, currency)}",
            code="amount_too_large",
            param="amount",
        )


def shown(amount: int, currency: str) -> str:
    digits = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    return f"{amount / 10**digits:.{digits}f} {currency}"
