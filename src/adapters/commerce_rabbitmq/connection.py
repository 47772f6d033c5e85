"""One connection to the broker on a thread of its own, which alone touches it: others hand it
functions to call there.
"""

import logging
import ssl
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from pika import BasicProperties, SelectConnection, SSLOptions, URLParameters
from pika.channel import Channel
from pika.exceptions import AMQPError, InvalidFrameError
from pika.frame import Header, decode_frame
from pika.spec import FRAME_END_SIZE, FRAME_HEADER, FRAME_HEADER_SIZE

from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.process import ProcessGuard
from commerce_core.kernel.redaction import trace_of

_LOG: Final = logging.getLogger("commerce.rabbitmq")
_HEARTBEAT: Final = 30
_CONNECT: Final = 3.0
_GOODBYE: Final = 2.0
#: Options of an address that name files, as RabbitMQ's own clients call them.
_FILES: Final = frozenset({"cacertfile", "certfile", "keyfile"})


class BrokerUnavailable(Unavailable):
    """The broker cannot be reached, or takes nothing now."""

    code = "broker-unavailable"


def parameters_of(url: str) -> list[URLParameters]:
    """How to reach each node that *url* names, comma between hosts.

    ``amqps`` speaks TLS to a server whose certificate is good for its host, by an authority of the
    system or of the file ``?cacertfile=``; ``certfile`` and ``keyfile`` show a certificate of ours.

    Raises:
        ValueError: it is no address of a broker, or a file that it names cannot be used.
    """
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    path, files = _without_files(path)
    login, at, hosts = authority.rpartition("@")
    found = [
        URLParameters(f"{scheme}://{login}{at}{host}{slash}{path}") for host in hosts.split(",")
    ]
    for parameters in found:
        if "heartbeat=" not in url:
            parameters.heartbeat = _HEARTBEAT
        parameters.socket_timeout = parameters.stack_timeout = _CONNECT
        parameters.connection_attempts = 1
        if scheme == "amqps":
            parameters.ssl_options = SSLOptions(_trusting(files), parameters.host)
    return found


def _without_files(path: str) -> tuple[str, dict[str, str]]:
    """*path* without the options that name files, and those."""
    path, _, query = path.partition("?")
    options = parse_qsl(query, keep_blank_values=True)
    files = {name: value for name, value in options if name in _FILES}
    others = urlencode([(name, value) for name, value in options if name not in _FILES])
    return f"{path}?{others}" if others else path, files


def _trusting(files: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=files.get("cacertfile"))
        if "certfile" in files:
            context.load_cert_chain(files["certfile"], files.get("keyfile"))
    except OSError as error:
        raise ValueError(
            "a certificate that the broker's address names cannot be used "
            f"({error.strerror or error})"
        ) from error
    return context


class UnknownProperties(BasicProperties):
    """Stands for properties that cannot be read."""


_UNKNOWN: Final[Any] = UnknownProperties  # pika says nothing of its types


class _Connection(SelectConnection):
    """Reads frames as pika does, and an unreadable header as one without properties.

    A sender may use tables a thousand levels deep, times in the year 500,000 or types that do not
    exist. The broker passes them on as they are; each would close the connection, and be delivered
    again to the next one.
    """

    def _read_frame(self) -> Any:
        received: Any = self.__dict__["_frame_buffer"]
        try:
            return decode_frame(received)
        except InvalidFrameError:
            raise
        except Exception:  # nothing was taken
            kind, channel, size = struct.unpack_from(">BHL", received)
            if kind != FRAME_HEADER:
                raise
            (length,) = struct.unpack_from(">Q", received, FRAME_HEADER_SIZE + 4)
            return FRAME_HEADER_SIZE + size + FRAME_END_SIZE, Header(channel, length, _UNKNOWN())


class Link(ABC):
    """A connection with one channel. It is used once: when it is lost for whatever reason, another
    one is opened in its place.

    Args:
        parameters: where to.
        name: what the broker's operators see.
    """

    def __init__(self, parameters: URLParameters, name: str) -> None:
        parameters.client_properties = {"connection_name": name}
        self.changed = threading.Condition()
        """Notified whenever something that is waited for may have come to pass; the state of a link
        is changed under it.
        """
        self.lost: str | None = None
        """Why there is no connection any more."""
        self.blocked: str | None = None
        """Why the broker takes no messages over it at present."""
        self._parameters = parameters
        self._ready = False
        self._connection: Any = None
        self._channel: Channel | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def prepare(self, channel: Channel) -> None:
        """Set the new *channel* up on the link's thread, and call :meth:`ready` when everything
        is.
        """

    def open(self) -> None:
        """Connect.

        Raises:
            BrokerUnavailable: the broker cannot be reached in time, or refuses what is prepared.
        """
        self._thread.start()
        if not self.wait(lambda: self._ready, _CONNECT + 1):
            self.close()
            where = f"{self._parameters.host}:{self._parameters.port}"
            raise BrokerUnavailable(
                f"the broker at {where} cannot be used: {self.lost or 'it does not answer'}"
            )

    def ready(self) -> None:
        """Everything is prepared."""
        with self.changed:
            self._ready = True
            self.changed.notify_all()

    def wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait at most *timeout* seconds for *condition*; whether it came to pass. Ends early when
        the link is lost.
        """
        with self.changed:
            self.changed.wait_for(lambda: condition() or self.lost is not None, timeout)
            return condition()

    def call(self, function: Callable[[Channel], None]) -> None:
        """Have *function* called with the channel on the link's thread, in the order of calls.
        Nothing happens on one that is lost.
        """
        with self.changed:
            if self.lost is None and self._channel is not None:
                self._connection.ioloop.add_callback_threadsafe(
                    partial(self._called, function, self._channel)
                )

    def close(self) -> None:
        """Send what was handed over, and say goodbye. Idempotent; not for the link's own thread."""
        with self.changed:
            if self.lost is None and self._connection is not None:
                self._connection.ioloop.add_callback_threadsafe(self._say_goodbye)
        self._thread.join(_GOODBYE + 1)

    def drop(self, reason: str) -> None:
        """Give the connection up: it is lost from now on. On the link's own thread."""
        with self.changed:
            self.lost = self.lost or reason
            self.changed.notify_all()
        if not self._connection.is_closing and not self._connection.is_closed:
            _LOG.warning("%s: the connection is given up: %s", self._thread.name, reason)
            self._say_goodbye()

    def _say_goodbye(self) -> None:
        if not self._connection.is_closing and not self._connection.is_closed:
            self._connection.ioloop.call_later(
                _GOODBYE, self._connection.ioloop.stop
            )  # a broker that is stuck never answers
            self._connection.close()

    def _called(self, function: Callable[[Channel], None], channel: Channel) -> None:
        if channel.is_open:
            function(channel)

    def _run(self) -> None:
        reason = "closed"
        try:
            connection: Any = _Connection(
                self._parameters,
                on_open_callback=self._opened,
                on_open_error_callback=self._ended,
                on_close_callback=self._ended,
            )
            with self.changed:
                self._connection = connection
            connection.ioloop.start()
        except (OSError, AMQPError) as error:
            reason = _reason_of(error)
        except Exception as error:  # noqa: BLE001 (a defect here ends the link, not in silence)
            _LOG.error("%s: the connection failed: %s", self._thread.name, trace_of(error))
            reason = _reason_of(error)
        finally:
            with self.changed:
                self.lost = self.lost or reason
                self.changed.notify_all()
            if self._connection is not None:
                self._connection.ioloop.close()

    def _opened(self, connection: Any) -> None:
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        connection.channel(on_open_callback=self._channel_opened)

    def _on_blocked(self, _connection: Any, frame: Any) -> None:
        self._set_blocked(str(frame.method.reason or "no reason given"))

    def _on_unblocked(self, _connection: Any, _frame: Any) -> None:
        self._set_blocked(None)

    def _set_blocked(self, reason: str | None) -> None:
        _LOG.warning(
            "%s: the broker takes %s",
            self._thread.name,
            f"no messages now ({reason})" if reason else "messages again",
        )
        with self.changed:
            self.blocked = reason
            self.changed.notify_all()

    def _channel_opened(self, channel: Channel) -> None:
        anything: Any = channel  # whose callbacks have no types
        anything.add_on_close_callback(self._channel_closed)
        anything.add_on_cancel_callback(self._cancelled)
        self._channel = channel
        self.prepare(channel)

    def _channel_closed(self, _channel: Any, reason: BaseException) -> None:
        self.drop(_reason_of(reason))

    def _cancelled(self, _frame: Any) -> None:
        self.drop("its queue is gone")

    def _ended(self, connection: Any, error: BaseException) -> None:
        with self.changed:
            self.lost = self.lost or _reason_of(error)
            self.changed.notify_all()
        connection.ioloop.add_callback_threadsafe(
            connection.ioloop.stop
        )  # after what pika has yet to do: it closes the socket


L = TypeVar("L", bound=Link)


class Line(Generic[L]):
    """The link in use: opened at first use, and after a loss anew, at the next of *nodes*."""

    def __init__(self, nodes: Sequence[URLParameters], make: Callable[[URLParameters], L]) -> None:
        self._nodes = cycle(nodes)
        self._make = make
        self._process = ProcessGuard("connection to the broker")
        self._opening = threading.Lock()
        self.present: L | None = None
        """The latest link, which may be lost."""

    def link(self) -> L:
        """A link that was not lost at the time of the call.

        Raises:
            BrokerUnavailable: there is no connection to be had.
        """
        self._process.check()
        with self._opening:
            if self.present is None or self.present.lost is not None:
                new = self._make(next(self._nodes))
                new.open()
                self.present = new
            return self.present

    def close(self) -> None:
        """Disconnect. Idempotent."""
        with self._opening:
            if self.present is not None:
                self.present.close()


def _reason_of(error: BaseException) -> str:
    """What *error* says, in one line; pika wraps the cause in others."""
    causes = [
        *error.args[:1],
        *getattr(error, "exceptions", ())[-1:],
        getattr(error, "exception", None),
    ]
    inner = next((cause for cause in causes if isinstance(cause, BaseException)), None)
    return (
        _reason_of(inner)
        if inner is not None
        else " ".join(f"{type(error).__name__} {error}".split())
    )
