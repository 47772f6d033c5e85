"""How a shop is laid out: what of it is inside its process, and what follows from that.

The one place that asks what an address begins with. Whatever depends on it asks the deployment.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

import attrs

from commerce_bootstrap.setting_values import WrongSetting
from commerce_core.kernel.deployment import answer_at_once
from commerce_core.plugins import scheme

if TYPE_CHECKING:
    from commerce_bootstrap.settings import Settings
    from commerce_core.checkout import CheckoutRule, Definitions, OrderNumbers
    from commerce_core.payment import PaymentGateway
    from commerce_core.search import SearchIndex
    from commerce_core.shipping import Carrier

#: Of an embedded index two searches at once would take turns at the interpreter, thirty times each,
#: which costs more than a second processor gives.
_EMBEDDED_SEARCHES: Final = 1
_FILE: Final = "sqlite"
_SERVERS: Final = ("postgresql", "postgres")
_INSIDE: Final = "local"
_SANDBOX: Final = "sandbox"


@attrs.frozen(kw_only=True)
class Deployment:
    """How a shop is laid out. The addresses say where its database and its events are; how its
    parts answer they say themselves, and until then each may keep its caller waiting.
    """

    on_server: bool
    """Whether the database is a server, which any number of processes share."""
    delivers_inside: bool
    """Whether events wait in the shop's own database until their consumers take them, and for no
    broker.
    """
    sandboxes: Sequence[str] = ()
    """The settings that name a gateway or a carrier that only plays."""
    calls_inside: bool = False
    """Whether no call that a checkout or a saga makes waits for anybody."""
    searches_inside: bool = False
    """Whether the search index is in this process, and not only waited for."""
    threads: int
    """Requests that are answered at the same time."""
    most_searches: int
    """Searches at the same time, if the settings say; 0: as the index allows."""

    @classmethod
    def of(cls, settings: "Settings", broker: object = None) -> Self:
        """What the addresses say, before anything is opened.

        Args:
            settings: hold the addresses.
            broker: what opens it, if not its address does: that says itself whether it delivers
                through the shop's own queues.

        Raises:
            WrongSetting: no shop can be kept at the database's address.
        """
        database = scheme(settings.database_url)
        if database not in (_FILE, *_SERVERS):
            raise WrongSetting(
                "COMMERCE_DATABASE_URL must begin with sqlite:/// or postgresql://, not "
                f"{database}://."
            )
        named = {"PAYMENT_URLS": settings.payment_urls, "CARRIER_URL": (settings.carrier_url,)}
        return cls(
            on_server=not is_file(settings.database_url),
            delivers_inside=(
                scheme(settings.broker_url) == _INSIDE if broker is None else answer_at_once(broker)
            ),
            sandboxes=[name for name, urls in named.items() if _SANDBOX in map(scheme, urls)],
            threads=settings.pool_size,
            most_searches=settings.searches_at_once,
        )

    def with_parts(
        self,
        index: "SearchIndex",
        gateways: "Mapping[str, PaymentGateway]",
        carriers: "Mapping[str, Carrier]",
        rules: "Sequence[CheckoutRule]",
        numbers: "OrderNumbers | None",
        definitions: "Definitions",
    ) -> Self:
        """The same, now that the parts can say how they answer."""
        called = (*gateways.values(), *carriers.values(), *rules, *definitions.own_steps)
        numbered = () if numbers is None else (numbers,)
        return attrs.evolve(
            self,
            calls_inside=answer_at_once(*called, *numbered),
            searches_inside=answer_at_once(index),
        )

    @property
    def takes_turns(self) -> bool:
        """Whether threads queue, so that one works at a time, as nothing waits outside this
        process; where they wait for parties outside they work side by side.
        """
        return not self.on_server and self.delivers_inside and self.calls_inside

    @property
    def reads_at_once(self) -> bool:
        """Whether a read by key takes less time than a thread needs to begin it. A server's answer
        would hold up everybody else.
        """
        return not self.on_server

    @property
    def searches(self) -> int:
        """Searches that are done at the same time."""
        return self.most_searches or (_EMBEDDED_SEARCHES if self.searches_inside else self.threads)


def database_file(database_url: str) -> Path | None:
    """The file that *database_url* names; ``None``: a server, or memory."""
    path = urlsplit(database_url).path.removeprefix("/")
    return Path(path) if is_file(database_url) and path and path != ":memory:" else None


def is_file(database_url: str) -> bool:
    """Whether the database at this address is a file."""
    return scheme(database_url) == _FILE
