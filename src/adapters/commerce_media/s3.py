"""A media store on S3, or on any server that speaks its language."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store as Bucket

from commerce_core.images import MediaStore, MediaUnavailable

_RETRIES: Final = 2
#: Keys that the server deletes in one request.
_KEYS_AT_ONCE: Final = 1_000


class S3Store(MediaStore):
    """Each key is an object below *prefix* of a bucket.

    Args:
        bucket: its name; it must exist.
        prefix: what keys begin with there; may be empty.
        endpoint: of a server that is not Amazon's, e.g. ``https://storage.example``.
        region: of the bucket.
        access_key, secret_key: empty: those of the environment or of the machine, as AWS's own
            tools find them.
        timeout: of one call, its repeats included.
    """

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        endpoint: str = "",
        region: str = "",
        access_key: str = "",
        secret_key: str = "",
        timeout: timedelta = timedelta(seconds=8),
    ) -> None:
        given = {
            "endpoint": endpoint,
            "region": region,
            "access_key_id": access_key,
            "secret_access_key": secret_key,
        }
        self._bucket = Bucket(
            bucket,
            prefix=prefix or None,
            client_options={"timeout": timeout, "allow_http": endpoint.startswith("http://")},
            retry_config={"max_retries": _RETRIES, "retry_timeout": timeout},
            **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]
        )

    def put(self, key: str, data: bytes, media_type: str) -> None:
        try:
            obstore.put(self._bucket, key, data, attributes={"Content-Type": media_type})
        except BaseError as error:
            raise _unavailable(error) from error

    def get(self, key: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._bucket, key).bytes())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise _unavailable(error) from error

    def missing(self, keys: Sequence[str]) -> Sequence[str]:
        try:
            return [key for key in keys if not self._holds(key)]
        except BaseError as error:
            raise _unavailable(error) from error

    def delete(self, keys: Sequence[str]) -> None:
        try:
            for first in range(0, len(keys), _KEYS_AT_ONCE):
                obstore.delete(self._bucket, list(keys[first : first + _KEYS_AT_ONCE]))
        except FileNotFoundError:
            return
        except BaseError as error:
            raise _unavailable(error) from error

    def _holds(self, key: str) -> bool:
        try:
            obstore.head(self._bucket, key)
        except FileNotFoundError:
            return False
        return True


def _unavailable(error: Exception) -> MediaUnavailable:
    """The kind of the error alone: its words hold addresses, and may hold what signs them."""
    return MediaUnavailable(f"the media store does not answer ({type(error).__name__})")
