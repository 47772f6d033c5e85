"""Media stores by address: ``folder:///var/media``, ``s3://bucket/prefix?endpoint=…&region=…``."""

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from commerce_core.kernel.private_files import close_if_open
from commerce_core.plugins import PluginContext, file_path, options
from commerce_media.folder import FolderStore

if TYPE_CHECKING:
    from commerce_media.s3 import S3Store


def open_folder(url: str, _: PluginContext) -> FolderStore:
    """The folder that *url* names: three slashes begin a relative path, four an absolute one."""
    folder = file_path(url, "var/media")
    close_if_open(folder)
    return FolderStore(folder)


def open_bucket(url: str, context: PluginContext) -> "S3Store":
    """The bucket that *url* names, with the access key and its secret before an ``@``, if they are
    not the machine's own.

    Raises:
        ValueError: it names no bucket.
    """
    from commerce_media.s3 import S3Store  # needs a library that a folder does not

    parts, more = urlsplit(url), options(url)
    if not parts.hostname:
        raise ValueError("it names no bucket")
    return S3Store(
        parts.hostname,
        prefix=parts.path.strip("/"),
        endpoint=more.get("endpoint", ""),
        region=more.get("region", ""),
        access_key=unquote(parts.username or ""),
        secret_key=unquote(parts.password or ""),
        timeout=context.call_timeout,
    )
