"""Requests byte by byte, as no client library would send them."""

import socket
from urllib.parse import urlsplit

from tests.integration.http.people import Town


def raw(town: Town, request: bytes) -> tuple[int, str]:
    """Status and body of what is answered to *request*, byte for byte."""
    address = urlsplit(str(town.client.base_url))
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body.decode()


def send_raw(
    town: Town, method: str, path: bytes, body: bytes = b"", headers: bytes = b""
) -> tuple[int, str]:
    content = b"Content-Length: %d\r\n" % len(body) if body or method != "GET" else b""
    lines = b"%s %s HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n%s%s\r\n" % (
        method.encode(),
        path,
        content,
        headers,
    )
    return raw(town, lines + body)
