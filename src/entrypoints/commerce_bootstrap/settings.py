"""Settings, from environment variables called ``COMMERCE_…``. None at all is the embedded
default.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta, tzinfo
from pathlib import Path
from typing import Any, Final

import attrs

from commerce_bootstrap import setting_values as values
from commerce_bootstrap.deployment import is_file
from commerce_bootstrap.setting_values import Network, WrongSetting
from commerce_core.accounts import Limits
from commerce_core.catalog import ImportLimits
from commerce_core.checkout import Timing
from commerce_core.notifications.service import SendingRules
from commerce_core.recommendations import Learning

PREFIX: Final = "COMMERCE_"


def _setting(default: Any, read: Callable[[str, str], Any], meaning: str) -> Any:
    is_address = read in (values.url, values.urls)
    shown = values.masked_addresses if is_address else repr
    described = {"read": read, "meaning": meaning, "is_address": is_address}
    return attrs.field(default=default, repr=shown, metadata=described)


def _beside_a_file(embedded: Any, otherwise: Any) -> Any:
    """The default of a setting where the shop's database is a file, and elsewhere."""

    def default(settings: "Settings") -> Any:
        return embedded if is_file(settings.database_url) else otherwise

    return attrs.Factory(default, takes_self=True)


@attrs.frozen(kw_only=True)
class Settings:
    """Everything that can be set."""

    database_url: str = _setting("sqlite:///var/shop.db", values.url, "the shop's database")
    pool_size: int = _setting(
        8,
        values.integer(1, 500),
        "requests answered at the same time on a database server, each with a connection",
    )
    durability: str = _setting("strict", values.one_of("strict", "relaxed"), (
        "whether a database server that may forget orders in a crash is refused; relaxed: it is not"
    ))  # fmt: skip
    search_url: str = _setting("tantivy:///var/search", values.url, "the search index")
    broker_url: str = _setting(
        "local://", values.url, "what carries events; local:// delivers inside the process"
    )
    media_url: str = _setting(
        _beside_a_file("folder:///var/media", ""),
        values.url,
        (
            "where images of items are kept, a folder that all processes see or an S3 bucket; the "
            "shop takes none where it is not named, which a database server needs"
        ),
    )
    media_address: str = _setting(
        "",
        values.url,
        "what addresses of images begin with, if something else than the shop shows them",
    )
    payment_urls: tuple[str, ...] = _setting(
        _beside_a_file(("sandbox:///var/sandbox-payments.db",), ()),
        values.urls,
        (
            "payment gateways, comma between them, the first being the default; must be named on a "
            "database server"
        ),
    )
    carrier_url: str = _setting(
        _beside_a_file("sandbox:///var/sandbox-carrier.db", ""),
        values.url,
        "the carrier; must be named on a database server",
    )
    channels: tuple[str, ...] = _setting(
        _beside_a_file(("folder:///var/mail",), ()),
        values.urls,
        (
            "by which messages go to people, comma between them: smtp://, smtps:// or folder://; "
            "none: they are in the shop's own list alone"
        ),
    )
    mail_from: str = _setting(
        "shop@localhost", values.text_of, "the address that mail to people comes from"
    )
    shop_name: str = _setting("Shop", values.text_of, "what the shop is called in messages")
    shop_url: str = _setting(
        "http://localhost:8000", values.url, "where people reach the shop: links begin with it"
    )
    locale: str = _setting(
        "en", values.language, "the language of people who have chosen none (BCP 47)"
    )
    time_zone: str = _setting("UTC", values.time_zone, "whose time messages show (IANA)")
    texts: str = _setting(
        "",
        values.text_of,
        "a folder with texts of one's own in place of those that ship; none: those that ship",
    )
    mails_per_second: int = _setting(
        25, values.integer(1, 10_000), "messages that one process sends in a second at most"
    )
    notification_days: int = _setting(
        365, values.integer(7, 3_650), "days that sent and given up messages are kept"
    )
    parts: str = _setting(
        "",
        values.function,
        (
            "module:function that returns partial(Parts, …): parts of one's own in place of those "
            "that addresses name; none: all are named"
        ),
    )
    currency: str = _setting("USD", values.currency, "the shop's currency (ISO 4217)")
    host: str = _setting("127.0.0.1", values.text_of, "the address that HTTP listens on")
    port: int = _setting(
        8000, values.integer(0, 65_535), "the port that HTTP listens on; 0 takes a free one"
    )
    cors_origins: tuple[str, ...] = _setting(
        (),
        values.origins,
        (
            "sites whose pages may call the shop from a browser, comma between them, or *; none: "
            "no other site's"
        ),
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        (),
        values.networks,
        (
            "networks of proxies whose X-Forwarded-For and -Proto (or Forwarded) are believed, "
            "comma between them; none: nobody"
        ),
    )
    lease: timedelta = _setting(
        timedelta(seconds=30),
        values.seconds,
        "seconds after which a dead runner's orders are taken over",
    )
    call_timeout: timedelta = _setting(
        timedelta(seconds=8), values.seconds, "seconds that a call to a gateway or carrier may take"
    )
    retry: timedelta = _setting(
        timedelta(seconds=1), values.seconds, "seconds before the first repeat of such a call"
    )
    longest_retry: timedelta = _setting(
        timedelta(minutes=5), values.seconds, "seconds between repeats at most"
    )
    guest_cart_days: int = _setting(
        30, values.integer(1, 3_650), "days that a guest's cart is kept after its last change"
    )
    cart_days: int = _setting(
        365,
        values.integer(1, 3_650),
        "days after which a buyer's cart that nobody changes loses its lines",
    )
    history_days: int = _setting(
        30,
        values.integer(1, 3_650),
        "days that ended imports, index rebuilds and inbox records are kept",
    )
    recommendation_half_life_days: int = _setting(
        45,
        values.integer(1, 3_650),
        "days after which an order counts half as much for what is bought together",
    )
    recommendation_popularity: int = _setting(
        10,
        values.integer(0, 100),
        (
            "hundredths that popularity counts in personal recommendations, beside what goes with "
            "what was bought: more before a season, less in quiet times"
        ),
    )
    hashes_at_once: int = _setting(2, values.integer(1, 64), "passwords hashed at the same time")
    hashes_waiting: int = _setting(
        32,
        values.integer(1, 10_000),
        "log-ins and registrations that may wait for that; more are refused at once",
    )
    guesses: int = _setting(
        5,
        values.integer(1, 1_000),
        "wrong passwords within five minutes for one account from one address or known device",
    )
    guessed_accounts: int = _setting(
        25,
        values.integer(1, 100_000),
        "accounts with wrong passwords within five minutes from one address",
    )
    log_ins_per_minute: int = _setting(
        600, values.integer(1, 1_000_000), "log-ins of one address in a minute"
    )
    registrations_per_minute: int = _setting(
        300, values.integer(1, 1_000_000), "new accounts of one address in a minute"
    )
    guest_carts_per_minute: int = _setting(
        600, values.integer(1, 1_000_000), "new guests' carts of one address in a minute"
    )
    searches_at_once: int = _setting(
        0,
        values.integer(0, 500),
        (
            "searches at the same time; 0: one in an embedded index, as many as the pool has at a "
            "search server"
        ),
    )
    searches_waiting: int = _setting(
        128, values.integer(1, 10_000), "searches that may wait for that; more are refused at once"
    )
    connections: int = _setting(
        4_000, values.integer(1, 1_000_000), "connections open at the same time"
    )
    connections_per_origin: int = _setting(
        400, values.integer(1, 1_000_000), "the same of one address that is no trusted proxy"
    )
    head_timeout: timedelta = _setting(
        timedelta(seconds=20), values.seconds, "seconds that the head of a request may take"
    )
    body_timeout: timedelta = _setting(
        timedelta(seconds=30),
        values.seconds,
        "seconds that its body may take; a pause in an import",
    )
    import_timeout: timedelta = _setting(
        timedelta(hours=1), values.seconds, "seconds that the body of an import may take"
    )
    imports_per_seller: int = _setting(
        10, values.integer(1, 10_000), "imports of one seller that are not over"
    )
    import_megabytes_per_seller: int = _setting(
        1_024, values.integer(1, 1_000_000), "megabytes kept of the files of one seller's imports"
    )
    send_timeout: timedelta = _setting(
        timedelta(seconds=30),
        values.seconds,
        "seconds that a client may take to read what was sent",
    )
    long_bodies: int = _setting(
        64, values.integer(1, 100_000), "bodies of more than 16 KiB on their way at the same time"
    )
    long_bodies_per_account: int = _setting(
        8, values.integer(1, 100_000), "the same of one account, or of one address without one"
    )
    watchers: int = _setting(
        2_000,
        values.integer(1, 1_000_000),
        "event streams, and checkouts that wait for their end, at the same time",
    )
    watchers_per_account: int = _setting(
        20, values.integer(1, 1_000_000), "the same of one account"
    )
    webhook_targets: str = _setting("https", values.one_of("https", "http", "any"), (
        "where webhooks may be sent to: https:// on the public internet, http:// there as well, or "
        "any address and port, for development and tests alone"
    ))  # fmt: skip
    webhook_endpoints: int = _setting(
        20, values.integer(1, 10_000), "webhook endpoints of one seller, and of the shop itself"
    )
    webhook_deliveries: int = _setting(50_000, values.integer(1, 10_000_000),
        "deliveries that may wait for one webhook endpoint; more disable it"
    )  # fmt: skip
    pages: tuple[str, ...] = _setting((), values.some_of("shop", "sell", "console"), (
        "pages for people that are served beside the API: shop, sell, console; none: the API alone"
    ))  # fmt: skip
    image_hosts: tuple[str, ...] = _setting((), values.hosts,
        "hosts whose pictures pages show, by https://, beside the shop's own; none: a drawn tile"
    )  # fmt: skip
    otlp_url: str = _setting("", values.url, (
        "the collector that takes traces, by OTLP over HTTP; none if it is not set, nor "
        "OTEL_EXPORTER_OTLP_ENDPOINT"
    ))  # fmt: skip
    log_format: str = _setting("json", values.one_of("json", "plain"), "how log lines are written")

    @property
    def timing(self) -> Timing:
        """How long a runner waits for what.

        Raises:
            WrongSetting: the lease is too short for the calls.
        """
        try:
            return Timing(
                lease=self.lease,
                call=self.call_timeout,
                retry=self.retry,
                longest_retry=self.longest_retry,
            )
        except ValueError as error:
            raise WrongSetting(
                f"{PREFIX}LEASE and {PREFIX}CALL_TIMEOUT do not fit: {error}."
            ) from error

    @property
    def zone(self) -> tzinfo:
        """Whose time messages show."""
        return values.zone_of(self.time_zone)

    @property
    def sending(self) -> SendingRules:
        """How messages are sent."""
        return SendingRules(
            address=self.shop_url, retry=self.retry, longest_retry=self.longest_retry
        )

    @property
    def learning(self) -> Learning:
        """How recommendations are learnt and mixed."""
        return Learning(
            half_life_days=self.recommendation_half_life_days,
            popular_weight=self.recommendation_popularity / 100,
        )

    @property
    def import_limits(self) -> ImportLimits:
        """What the imports of one seller may take up."""
        size = self.import_megabytes_per_seller << 20
        return ImportLimits(open_imports=self.imports_per_seller, stored_bytes=size)

    @property
    def limits(self) -> Limits:
        """What one origin may do."""
        return Limits(
            guesses=self.guesses,
            guessed_accounts=self.guessed_accounts,
            log_ins=self.log_ins_per_minute,
            registrations=self.registrations_per_minute,
            guest_carts=self.guest_carts_per_minute,
        )

    @classmethod
    def in_folder(cls, folder: Path, **others: Any) -> "Settings":
        """The embedded default with its files in *folder*."""
        root = f"/{folder.absolute()}" if folder.is_absolute() else f"/{folder}"
        places: dict[str, Any] = {
            "database_url": f"sqlite://{root}/shop.db",
            "search_url": f"tantivy://{root}/search",
            "media_url": f"folder://{root}/media",
            "payment_urls": (f"sandbox://{root}/sandbox-payments.db",),
            "carrier_url": f"sandbox://{root}/sandbox-carrier.db",
            "channels": (f"folder://{root}/mail",),
        }
        return cls(**{**places, **others})


def load_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in *environment*; what is not set is the default. An address may lie in a file
    that ``COMMERCE_…_FILE`` names.

    Raises:
        WrongSetting: a value cannot be used, or a variable of our name is none of our settings.
    """
    known = {PREFIX + a.name.upper(): a for a in attrs.fields(Settings)}
    ours = _with_files(
        {
            name: text
            for name, text in environment.items()
            if name.startswith(PREFIX) and name not in _ELSEWHERE
        }
    )
    if unknown := sorted(ours.keys() - known.keys()):
        raise WrongSetting(f"{unknown[0]} is no setting; `commerce settings` lists them.")
    if (collector := environment.get(_STANDARD_OTLP)) and (own := f"{PREFIX}OTLP_URL") not in ours:
        ours[own] = collector
    settings = Settings(
        **{
            known[name].name: known[name].metadata["read"](name, text)
            for name, text in ours.items()
        }
    )
    _ = settings.timing
    return settings


def _with_files(variables: Mapping[str, str]) -> dict[str, str]:
    """*variables*, with what lies in files in place of their names."""
    ours = dict(variables)
    for name in IN_FILES:
        file = ours.pop(f"{name}{FROM_FILE}", None)
        if file is not None and name in variables:
            raise WrongSetting(f"{name} and {name}{FROM_FILE} are both set: name one of them.")
        if file is not None:
            ours[name] = values.content(f"{name}{FROM_FILE}", Path(file))
    return ours


FROM_FILE: Final = "_FILE"
#: Settings that may hold a secret, each of which may be given in a file.
IN_FILES: Final = tuple(
    PREFIX + a.name.upper() for a in attrs.fields(Settings) if a.metadata["is_address"]
)
_STANDARD_OTLP: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_ELSEWHERE: Final = frozenset({"COMMERCE_SHARED"})  # where checks of this project find real data
