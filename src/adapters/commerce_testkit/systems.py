"""Systems of others in the features: they follow what happens, and are sent it."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import attrs

if TYPE_CHECKING:
    from commerce_testkit.shop import Visitor


@attrs.frozen(kw_only=True)
class Webhook:
    """A system that is sent events, with the secret that they are signed with."""

    id: str
    url: str
    secret: str = attrs.field(repr=False)


class Systems(Protocol):
    """Each method may raise ``Refused``."""

    @abstractmethod
    def address(self) -> str:
        """The address of a new system that takes whatever it gets."""

    @abstractmethod
    def add(self, who: "Visitor", url: str, events: Sequence[str]) -> Webhook:
        """Have events sent to a system."""

    @abstractmethod
    def of(self, who: "Visitor") -> tuple[str, ...]:
        """The addresses of the systems of *who*."""

    @abstractmethod
    def remove(self, who: "Visitor", webhook_id: str) -> None:
        """Send nothing more to a system."""

    @abstractmethod
    def received(self, webhook: Webhook) -> tuple[tuple[str, str], ...]:
        """What a system of :meth:`address` got with a good signature: events, and what each is
        about.
        """
