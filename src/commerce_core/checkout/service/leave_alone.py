"""Leaving alone a gateway or carrier that is away: what waits for it is not worn out, and goes on
at full speed when it is back.
"""

from datetime import datetime, timedelta
from typing import Final

import attrs

from commerce_core.checkout.model import Timing
from commerce_core.checkout.ports import Away, Party
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import OrderId

#: So many orders in a row, each another one, are not answered before the party is taken for away:
#: one may be spoilt itself.
_FAILURES: Final = 3
#: A party that is down is probed this often at least, by one call.
_LONGEST: Final = timedelta(seconds=10)
#: What a party asks for is bounded: it may be mistaken, and money waits.
_LONGEST_ASKED_FOR: Final = timedelta(minutes=5)
#: After so many pauses the probe is of another order than those that were not answered.
_ANEW: Final = frozenset(5 << n for n in range(32))


@attrs.define
class _Silence:
    """A party that did not answer last time: about which orders, and until when it is left alone
    (``None``: it is not yet), as it may have *asked for*.
    """

    orders: set[OrderId] = attrs.field(factory=set[OrderId])
    until: datetime | None = None
    pauses: int = 0
    asked_for: bool = False
    probed_at: datetime | None = None


class Breaker:
    """A circuit breaker for each outside party: one that does not answer several orders is probed
    by one call after a pause.

    Every process has its own. Threads may share it: at worst one of them probes as well.
    """

    def __init__(self, timing: Timing, clock: Clock) -> None:
        self._timing = timing
        self._clock = clock
        self._silent: dict[Party, _Silence] = {}

    def away(self) -> Away:
        """The parties for which nothing is to be claimed now; one whose probe is due is not among
        them.
        """
        now = self._clock.now()
        parties = [
            party
            for party, silence in list(self._silent.items())
            if self._is_closed_to(silence, now)
        ]
        return Away(
            gateways=frozenset((p.name, p.account) for p in parties if p.account is not None),
            carriers=frozenset(p.name for p in parties if p.account is None and not p.is_step),
        )

    def admits(self, party: Party) -> bool:
        """Whether a call may be made now. Of a party that is left alone one is, when the pause is
        over: the probe.
        """
        silence, now = self._silent.get(party), self._clock.now()
        if silence is None or silence.until is None:
            return True
        if self._is_closed_to(silence, now):
            return False
        silence.probed_at = now
        return True

    def record_answer(
        self,
        party: Party,
        order_id: OrderId,
        *,
        answered: bool,
        retry_after: timedelta | None = None,
    ) -> None:
        """Record the outcome of a call: an answer of any kind closes the circuit. A party that asks
        for a pause (*retry_after*) gets it at once, up to five minutes.
        """
        if retry_after is not None:
            silence = self._silent.setdefault(party, _Silence())
            silence.probed_at = None
            silence.until = self._clock.now() + min(retry_after, _LONGEST_ASKED_FOR)
            silence.asked_for = True
            return
        if answered:
            if not self._is_paused(party):  # what was under way before may still be answered
                self._silent.pop(party, None)
            return
        silence = self._silent.setdefault(party, _Silence())
        # Since before the silence was noticed.
        was_under_way = silence.until is not None and silence.probed_at is None
        silence.probed_at = None
        if len(silence.orders) < _FAILURES:
            silence.orders.add(order_id)
        if len(silence.orders) >= _FAILURES and not was_under_way:
            silence.until = self._clock.now() + min(self._timing.pause(silence.pauses), _LONGEST)
            silence.pauses += 1

    def _is_paused(self, party: Party) -> bool:
        """Whether a pause lasts that the party has asked for."""
        silence = self._silent.get(party)
        if silence is None or silence.until is None:
            return False
        return silence.asked_for and self._clock.now() < silence.until

    def probes_anew(self, party: Party) -> bool:
        """Whether the next probe is to be of an order without an earlier call, where there is
        one.

        Seldom, and ever more so: what is sent to a party that is away may become too old to be sent
        again. Never would be wrong, for those that it does not answer may be the only ones that it
        does not.
        """
        silence = self._silent.get(party)
        return silence is not None and silence.pauses in _ANEW

    def left_alone_until(self, party: Party) -> datetime | None:
        """Until when the party is left alone, in the past where its probe is due or under way;
        ``None``: it is not.
        """
        silence = self._silent.get(party)
        return silence.until if silence else None

    def _is_closed_to(self, silence: _Silence, now: datetime) -> bool:
        """Whether the pause lasts, or the probe is under way: for no longer than a lease, should
        its answer have been lost.
        """
        probing = silence.probed_at is not None and now < silence.probed_at + self._timing.lease
        return silence.until is not None and (now < silence.until or probing)
