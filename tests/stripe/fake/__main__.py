"""``python -m tests.stripe.fake --port 0``: prints its address, serves until its input ends."""

import argparse
import os
import sys
import threading

from .server import Server

#: A shop in test mode and in live mode, and somebody else's.
KEYS = (
    ("sk_test_shop", "acct_3Shop"),
    ("sk_live_shop", "acct_3Shop"),
    ("sk_test_other", "acct_3Other"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.stripe.fake", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="of ids, faults and webhooks")
    parser.add_argument(
        "--key", action="append", default=[], metavar="SECRET=ACCOUNT", help="in place of the three"
    )
    parser.add_argument("--until-eof", action="store_true", help="end when the standard input ends")
    given = parser.parse_args()
    pairs = [tuple(each.split("=", 1)) for each in given.key]
    if any(len(pair) != 2 for pair in pairs):
        parser.error("a key is SECRET=ACCOUNT")
    server = Server(given.port, [(pair[0], pair[-1]) for pair in pairs] or KEYS, given.seed)
    print(server.address, flush=True)
    if given.until_eof:
        threading.Thread(target=_end_with_input, daemon=True).start()
    server.run()


def _end_with_input() -> None:
    """Nobody is left who could stop this program."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
