"""Systems of others, in a process of their own: some take what they get, one hangs, one answers 500
and one redirects to a metadata service.

``python -m tests.integration.webhooks.systems`` says its port. ``GET /`` answers what came, in the
order of arrival; ``GET /good`` how much of it came to those that take it.
"""

import asyncio
import json
import sys
import time
from typing import Any

received: list[dict[str, Any]] = []
good = [0]


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request, and its answer."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        headers |= {k: line.split(": ", 1)[1] for line in head[1:] if ": " in line
            and (k := line.split(": ", 1)[0].lower()).startswith("webhook-")}  # fmt: skip
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if method == "GET":
            shown = json.dumps(good if path == "/good" else received).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(shown) + shown)
        else:
            good[0] += path.startswith("/good")
            received.append(
                {"path": path, "headers": headers, "body": body.decode(), "at": time.time()}
            )
            if path == "/hangs":
                await asyncio.sleep(60)
            status = {"/fails": "500 Internal Server Error", "/redirects": "307 Elsewhere"}
            to = "Location: http://169.254.169.254/latest/meta-data/\r\n"
            writer.write(
                f"HTTP/1.1 {status.get(path, '204 No Content')}\r\n"
                f"{to if path == '/redirects' else ''}Content-Length: 0\r\n\r\n".encode()
            )
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1_000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
