"""Sending what waits: claimed in one transaction, sent in none, marked in another."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Rejected, Unavailable
from commerce_core.kernel.ids import NotificationId
from commerce_core.kernel.transaction import Database, retry_transaction
from commerce_core.notifications.model import (
    EMAIL,
    INBOX,
    Accepted,
    Away,
    Bounce,
    Notification,
    Outcome,
    OutgoingMessage,
    PutOff,
    Recipient,
    Refused,
    Rendered,
    wants,
)
from commerce_core.notifications.ports import Channel, NotificationRepository, Renderer
from commerce_core.notifications.service.compose import Composed, Composer, Contradicted
from commerce_core.notifications.service.unsubscribe import UnsubscribeLinks

#: Longer than any channel may take for a group.
_LEASE: Final = timedelta(minutes=10)
_MOST_DOUBLINGS: Final = 16
#: A channel that is away is left alone for so many times as long as it took to find out: one that
#: hangs takes a small part of the time of the others.
_TIMES_AS_LONG: Final = 10


@attrs.frozen(kw_only=True)
class SendingRules:
    """How messages are sent.

    Attributes:
        address: of the shop, as people reach it; links begin with it.
        retry: the pause after a message was put off, doubled each time.
        longest_retry: the longest of them.
    """

    address: str = "http://localhost:8000"
    retry: timedelta = timedelta(seconds=30)
    longest_retry: timedelta = timedelta(hours=1)

    def pause(self, attempts: int) -> timedelta:
        """How long to wait after so many *attempts*."""
        return min(self.retry * (1 << min(attempts, _MOST_DOUBLINGS)), self.longest_retry)


class _Draft:
    """A claimed notification on its way through the channels."""

    def __init__(
        self, notification: Notification, to: Recipient, content: Rendered, channels: Sequence[str]
    ) -> None:
        self.notification = notification
        self.to = to
        self.content = content
        self.channels = channels
        self.outcomes: list[Outcome] = []


class NotificationSender:
    """Sends pending notifications. Any number of processes may do so at the same time; one that
    dies is taken over from when its lease is over, and what it may have sent goes out once more
    under the same id.
    """

    def __init__(
        self,
        database: Database,
        repo: NotificationRepository,
        composer: Composer,
        renderer: Renderer,
        channels: Sequence[Channel],
        links: UnsubscribeLinks,
        clock: Clock,
        rules: SendingRules,
    ) -> None:
        self._db = database
        self._repo = repo
        self._composer = composer
        self._renderer = renderer
        self._channels = {channel.name: channel for channel in channels}
        self._links = links
        self._clock = clock
        self._rules = rules
        self._left_alone: dict[str, datetime] = {}

    def run_once(self, limit: int) -> int:
        """Deal with up to *limit* notifications that are due; how many.

        A channel that fails or is away keeps no other from what is its own: it is left alone for
        a while, and its messages are due again then.

        Raises:
            Unavailable: the only channel cannot be reached; what it did not try is due again at
                once.
        """
        claimed = self._claim(limit)
        if not claimed:
            return 0
        drafts, ended = self._drafts(claimed)
        for name, channel in self._channels.items():
            self._send(channel, [d for d in drafts if name in d.channels])
        away = self._record(drafts, ended)
        if away is not None:
            raise Unavailable(away)
        return len(claimed)

    def _claim(self, limit: int) -> Sequence[Notification]:
        def claim() -> Sequence[Notification]:
            now = self._clock.now()
            with self._db.begin() as tx:
                found = self._repo.claim(tx, now, now + _LEASE, limit)
                tx.commit()
            return found

        with self._db.single_read() as tx:
            waits = self._repo.has_due(tx, self._clock.now())
        return retry_transaction(self._db, claim) if waits else ()

    def _drafts(
        self, claimed: Sequence[Notification]
    ) -> tuple[Sequence[_Draft], list[Notification]]:
        """What is to be sent, and what is not."""
        now = self._clock.now()
        with self._db.snapshot() as tx:
            composed = self._composer.compose(tx, claimed)
            choices = self._repo.choices(tx, sorted({n.person for n in claimed}))
            emails = sorted({c.email for c in composed if isinstance(c, Composed)})
            bounced = self._repo.bounced(tx, emails)
        drafts: list[_Draft] = []
        ended: list[Notification] = []
        for n, said in zip(claimed, composed, strict=True):
            chosen = [
                name
                for name in (*self._channels, INBOX)
                if wants(choices.get(n.person, {}), n.kind, name)
            ]
            made = self._draft(n, said, chosen, bounced, now)
            (drafts if isinstance(made, _Draft) else ended).append(made)  # type: ignore[arg-type]
        return drafts, ended

    def _draft(
        self,
        n: Notification,
        said: Composed | Contradicted,
        chosen: Sequence[str],
        bounced: Mapping[str, Bounce],
        now: datetime,
    ) -> _Draft | Notification:
        if isinstance(said, Contradicted):
            return n.suppressed(now, said.reason)
        if n.until is not None and now >= n.until:
            return n.suppressed(now, "it came too late")
        if not chosen:
            return n.suppressed(now, "its recipient does not want it")
        if said.email in bounced and EMAIL in chosen:
            chosen = [name for name in chosen if name != EMAIL]
            if not [name for name in chosen if name != INBOX]:
                return n.suppressed(now, f"the address bounced: {bounced[said.email].reason}")
        try:
            return self._rendered(n, said, chosen)
        except Rejected as error:
            return n.failed(now, error.detail)

    def _rendered(self, n: Notification, said: Composed, chosen: Sequence[str]) -> _Draft:
        locale = self._renderer.locale_for(said.locale)
        to = Recipient(person=n.person, email=said.email, name=said.name, locale=locale)
        base = self._rules.address.rstrip("/")
        values = {
            **said.values,
            "name": said.name,
            "link": base + said.path,
            "unsubscribe": self._unsubscribe(n),
        }
        content = self._renderer.render(n.kind, locale, values)
        return _Draft(n, to, content, [c for c in chosen if c not in n.accepted_by])

    def _unsubscribe(self, n: Notification) -> str | None:
        if not n.kind.is_marketing:
            return None
        token = self._links.token(n.person, n.kind)
        return f"{self._rules.address.rstrip('/')}/unsubscribe/{token}"

    def _send(self, channel: Channel, drafts: Sequence[_Draft]) -> None:
        if not drafts:
            return
        messages = [
            OutgoingMessage(
                id=d.notification.id,
                kind=d.notification.kind,
                to=d.to,
                content=d.content,
                created_at=d.notification.created_at,
                unsubscribe=self._unsubscribe(d.notification),
            )
            for d in drafts
        ]
        for draft, outcome in zip(drafts, self._outcomes(channel, messages), strict=True):
            draft.outcomes.append(outcome)
            if isinstance(outcome, Accepted):
                draft.notification = draft.notification.accepted(channel.name)

    def _outcomes(self, channel: Channel, messages: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """What a channel answers, unless it is left alone."""
        now = self._clock.now()
        if channel.name in self._left_alone and self._left_alone[channel.name] > now:
            return [Away(reason=f"{channel.name} is left alone for a while")] * len(messages)
        try:
            found = channel.send(messages)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this channel's alone)
            # What it has sent goes out again under the same ids.
            reason = f"{channel.name} failed ({type(error).__name__})"
            found = [PutOff(reason=reason)] * len(messages)
        if len(self._channels) > 1 and any(isinstance(outcome, Away) for outcome in found):
            after = self._clock.now()
            pause = max(self._rules.retry, _TIMES_AS_LONG * (after - now))
            self._left_alone[channel.name] = after + pause
        return found

    def _record(self, drafts: Sequence[_Draft], ended: Sequence[Notification]) -> str | None:
        """Write what came of them; why the channel is away, if there is no other."""
        now = self._clock.now()
        results = [*ended, *(self._result(draft, now) for draft in drafts)]
        bounces = {
            d.to.email: Bounce(email=d.to.email, reason=o.reason, at=now)
            for d in drafts
            for o in d.outcomes
            if isinstance(o, Refused) and o.bounced
        }

        def write() -> Sequence[NotificationId]:
            with self._db.begin() as tx:
                gone = self._repo.save(tx, sorted(results, key=lambda n: (n.person, n.id)))
                self._repo.keep_bounces(tx, [bounces[email] for email in sorted(bounces)])
                tx.commit()
            return gone

        if gone := retry_transaction(self._db, write):  # whoever they were for has left
            for channel in self._channels.values():
                channel.forget(gone)
        if len(self._channels) > 1:
            return None
        return next((o.reason for d in drafts for o in d.outcomes if isinstance(o, Away)), None)

    def _due_again(self, n: Notification, now: datetime) -> datetime:
        """When what was not tried is due: with one channel its pause is that of the whole loop."""
        return n.due_at if len(self._channels) == 1 else now + self._rules.retry

    def _result(self, draft: _Draft, now: datetime) -> Notification:
        n = draft.notification
        waiting = [o for o in draft.outcomes if not isinstance(o, Accepted | Refused)]
        if waiting:
            if n.is_too_old(now):
                return n.failed(now, waiting[0].reason)
            tried = not isinstance(waiting[0], Away)
            due = now + self._rules.pause(n.attempts) if tried else self._due_again(n, now)
            return n.delayed(due, waiting[0].reason, counts=tried)
        refused = next((o for o in draft.outcomes if isinstance(o, Refused)), None)
        if refused is not None and not n.accepted_by:
            return n.failed(now, refused.reason)
        return n.sent(now, title=draft.content.title, listed=INBOX in draft.channels)
