"""The one way to the cluster: several hosts, time limits, and no exception of the driver beyond
it.
"""

import json
import logging
import ssl
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from secrets import choice
from typing import Any, Final

from opensearchpy import ConnectionError as NoConnection
from opensearchpy import OpenSearch
from opensearchpy.exceptions import (
    ConnectionTimeout,
    NotFoundError,
    OpenSearchException,
    RequestError,
    TransportError,
)
from opensearchpy.helpers import streaming_bulk

from commerce_core.kernel.process import ProcessGuard
from commerce_core.search import SearchUnavailable
from commerce_opensearch.address import Address
from commerce_opensearch.circuit_breaker import CircuitBreaker
from commerce_opensearch.refusals import Failed, Missing, Refused

_READING: Final = 3.0
#: Seconds to wait for one of several hosts before it is pinged: two such waits cost a search no
#: more than _READING.
_TURN: Final = 1.4
_PING_TIMEOUT: Final = 0.2
#: What a process keeps to: there are two copies at most.
_COPIES: Final = ("_primary_first", "_replica_first")
_WRITING: Final = 30.0
_SOCKETS: Final = 64
#: A host that failed is left alone for so many seconds, and then for twice as long.
_DEAD_FOR: Final = 2.0
_BULK_BYTES: Final = 5_000_000
_BULK_DOCUMENTS: Final = 1_000
#: Retries against an overloaded cluster, after 1, 2, 4 seconds; then the batch waits for its next
#: turn.
_BULK_TRIES: Final = 3
_MISSING: Final = 404
_COULD_NOT: Final = (500, 502, 503, 504)
_ELSEWHERE: Final = (502, 503, 504)


class Connection:
    """Speaks to whichever host answers; one that does not is tried again later. Connects with the
    first request.
    """

    def __init__(self, address: Address) -> None:
        # Whoever catches an error logs it; the driver would print each with its trace, at every
        # search of an outage.
        logging.getLogger("opensearch").setLevel(logging.ERROR)
        self._process = ProcessGuard("connection to the search engine")
        self._breaker = CircuitBreaker()
        self._hosts = len(address.hosts)
        self._until = threading.local()
        self.preference = choice(_COPIES)
        """The copy that this process keeps to: what it waited to see there, it finds there. Another
        one once that stays silent.
        """
        secure: dict[str, Any] = {}
        if address.tls:
            secure = {"use_ssl": True, "ssl_context": ssl.create_default_context(cafile=address.ca)}
        self._client = OpenSearch(
            hosts=[{"host": host, "port": port} for host, port in address.hosts],
            http_auth=address.login,
            timeout=_READING,
            pool_maxsize=_SOCKETS,
            max_retries=len(address.hosts),
            retry_on_timeout=len(address.hosts) > 1,
            dead_timeout=_DEAD_FOR,
            **secure,
        )

    def close(self) -> None:
        """Let go of all sockets. Idempotent."""
        self._client.close()

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        params: Mapping[str, str] | None = None,
        *,
        patient: bool = False,
    ) -> Any:
        """The answer to one request; *patient*, it may take longer than a search.

        Raises:
            Missing: 404.
            Refused: another 4xx that says that the request is wrong.
            Failed: a host answers, and could not do it.
            SearchUnavailable: no host answers, in time and without an error.
        """
        self._process.check()
        with self._breaker.guard(), _translate_errors():
            if patient:
                return self._client.transport.perform_request(
                    method, path, dict(params or {}), body, _WRITING
                )
            return self._read(
                method,
                path,
                body if body is None or isinstance(body, str) else json.dumps(body),
                dict(params or {}),
            )

    @contextmanager
    def one_search(self) -> Generator[None]:
        """All requests in the block together take no longer than one search may."""
        self._until.at = time.monotonic() + (_READING if self._hosts == 1 else 2 * _READING)
        try:
            yield
        finally:
            self._until.at = None

    def _read(self, method: str, path: str, body: str | None, params: dict[str, str]) -> Any:
        """Try one host after the other."""
        pool, copy = self._client.transport, self.preference
        failure: Exception = SearchUnavailable("no host of the search engine answers")
        for _ in range(self._hosts + 1):
            host = pool.get_connection()
            try:
                # No search waits to find out that a host is still frozen.
                if (
                    self._hosts == 1
                    or host not in pool.connection_pool.dead_count
                    or self._responds(host)
                ):
                    _, _, response = host.perform_request(
                        method, path, params, body, timeout=self._patience()
                    )
                    pool.connection_pool.mark_live(host)
                    return json.loads(response) if response else None
            except ConnectionTimeout as error:
                if self._hosts == 1:
                    raise
                if self._responds(host):
                    # It waits itself: what is frozen is where this copy lies.
                    self._avoid_copy(copy)
                    raise Failed("a part of the search engine does not answer") from error
                failure = error
            except TransportError as error:
                if not isinstance(error, NoConnection) and error.status_code not in _ELSEWHERE:
                    raise
                failure = error
            pool.mark_dead(host)
        raise failure

    def _patience(self) -> float:
        """How long to wait for the next host."""
        at: float | None = getattr(self._until, "at", None)
        left = _READING if at is None else at - time.monotonic()
        if left <= 0:
            raise SearchUnavailable("the search engine does not answer in time")
        return min(left, _READING if self._hosts == 1 else _TURN)

    def _responds(self, host: Any) -> bool:
        try:
            host.perform_request("GET", "/", timeout=_PING_TIMEOUT)
        except TransportError as error:
            return not isinstance(error, NoConnection)
        return True

    def _avoid_copy(self, copy: str) -> None:
        """Prefer another copy than *copy*, unless that was done already."""
        if self.preference == copy:
            self.preference = next(other for other in _COPIES if other != copy)

    def searches(
        self, alias: str, bodies: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, Any]]:
        """The answers to several searches of *alias*, in one request.

        Raises:
            Missing: there is no such index.
            SearchUnavailable: no host answers, or one of the searches failed.
        """
        lines = [
            json.dumps(line) for body in bodies for line in ({"preference": self.preference}, body)
        ]
        answers: Sequence[Mapping[str, Any]] = self.request(
            "POST", f"/{alias}/_msearch", "\n".join([*lines, ""])
        )["responses"]
        for response in answers:
            if response.get("status") == _MISSING:
                raise Missing(str(response.get("error")))
            if "error" in response or response["_shards"]["failed"]:
                raise SearchUnavailable("the search engine could not answer")
        return answers

    def write(self, actions: Sequence[Mapping[str, Any]]) -> list[tuple[int, str]]:
        """Carry out bulk *actions*, visible on return: those that failed, as status and reason.

        Raises:
            SearchUnavailable: the cluster does not answer, or refuses for lack of room.
        """
        self._process.check()
        failed: list[tuple[int, str]] = []
        with self._breaker.guard(), _translate_errors():
            done = streaming_bulk(
                self._client,
                actions,
                chunk_size=_BULK_DOCUMENTS,
                max_chunk_bytes=_BULK_BYTES,
                max_retries=_BULK_TRIES,
                initial_backoff=1,
                max_backoff=4,
                raise_on_error=False,
                yield_ok=False,
                refresh="wait_for",
                require_alias=True,
                request_timeout=_WRITING,
            )
            for _, response in done:
                result = next(iter(response.values()))
                failed.append((int(result["status"]), str(result.get("error"))))
        return failed


@contextmanager
def _translate_errors() -> Generator[None]:
    try:
        yield
    except NotFoundError as error:
        raise Missing(str(error)) from error
    except RequestError as error:
        raise Refused(str(error)) from error
    except TransportError as error:
        if error.status_code in _COULD_NOT:
            raise Failed(f"the search engine could not answer ({error.error})") from error
        raise SearchUnavailable(
            f"the search engine does not answer ({type(error).__name__})"
        ) from error
    except OpenSearchException as error:
        raise SearchUnavailable("the search engine's answer cannot be read") from error
