"""The one way to the cluster: several hosts, time limits, and no exception of the driver beyond it."""

import json
import logging
import ssl
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError, OpenSearchException, RequestError, TransportError
from opensearchpy.helpers import streaming_bulk

from commerce_core.search import SearchUnavailable
from commerce_opensearch.address import Address
from commerce_opensearch.fuse import Fuse
from commerce_opensearch.refusals import Failed, Missing, Refused

_READING: Final = 3.0
_WRITING: Final = 30.0
_SOCKETS: Final = 64
#: A host that failed is left alone for so many seconds, and then for twice as long.
_DEAD_FOR: Final = 2.0
_BULK_BYTES: Final = 5_000_000
_BULK_DOCUMENTS: Final = 1_000
#: An overloaded cluster is asked again so often, after 1, 2, 4 seconds; then the batch waits for its next turn.
_BULK_TRIES: Final = 3
_MISSING: Final = 404
_COULD_NOT: Final = (500, 502, 503, 504)


class Connection:
    """Speaks to whichever host answers; one that does not is tried again later. Connects with the first request."""

    def __init__(self, address: Address) -> None:
        # Whoever catches an error tells of it; the driver would print each with its trace, at every search of an outage.
        logging.getLogger("opensearch").setLevel(logging.ERROR)
        self._fuse = Fuse()
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

    def ask(self, method: str, path: str, body: object = None, params: Mapping[str, str] | None = None, *, patient: bool = False) -> Any:
        """The answer to one request; *patient*, it may take longer than a search.

        Raises:
            Missing: 404.
            Refused: another 4xx that says that the request is wrong.
            Failed: a host answers, and could not do it.
            SearchUnavailable: no host answers, in time and without an error.
        """
        with self._fuse.guard(), _told():
            return self._client.transport.perform_request(method, path, dict(params or {}), body, _WRITING if patient else _READING)

    def searches(self, alias: str, bodies: Sequence[Mapping[str, Any]], preference: str) -> Sequence[Mapping[str, Any]]:
        """The answers to several searches of *alias*, in one request.

        Raises:
            Missing: there is no such index.
            SearchUnavailable: no host answers, or one of the searches failed.
        """
        lines = [json.dumps(line) for body in bodies for line in ({"preference": preference}, body)]
        answers: Sequence[Mapping[str, Any]] = self.ask("POST", f"/{alias}/_msearch", "\n".join([*lines, ""]))["responses"]
        for told in answers:
            if told.get("status") == _MISSING:
                raise Missing(str(told.get("error")))
            if "error" in told or told["_shards"]["failed"]:
                raise SearchUnavailable("the search engine could not answer")
        return answers

    def write(self, actions: Sequence[Mapping[str, Any]]) -> list[tuple[int, str]]:
        """Carry out bulk *actions*, visible on return: those that failed, as status and reason.

        Raises:
            SearchUnavailable: the cluster does not answer, or refuses for lack of room.
        """
        failed: list[tuple[int, str]] = []
        with self._fuse.guard(), _told():
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
            for _, told in done:
                result = next(iter(told.values()))
                failed.append((int(result["status"]), str(result.get("error"))))
        return failed


@contextmanager
def _told() -> Generator[None]:
    try:
        yield
    except NotFoundError as error:
        raise Missing(str(error)) from error
    except RequestError as error:
        raise Refused(str(error)) from error
    except TransportError as error:
        if error.status_code in _COULD_NOT:
            raise Failed(f"the search engine could not answer ({error.error})") from error
        raise SearchUnavailable(f"the search engine does not answer ({type(error).__name__})") from error
    except OpenSearchException as error:
        raise SearchUnavailable("the search engine's answer cannot be read") from error
