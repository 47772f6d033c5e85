"""Where `commerce` begins: before any library is needed that may not be installed."""

import sys
from typing import NoReturn

from commerce_bootstrap.extras import missing_extra
from commerce_cli.heap import loading


def main() -> NoReturn:
    """Carry out the arguments of the process, as :func:`commerce_cli.main.main` does; a library
    that is missing is one sentence, exit 2.
    """
    try:
        with loading():
            from commerce_cli.main import main as carry_out
    except ImportError as error:
        if (sentence := missing_extra(error)) is None:
            raise
        print(f"commerce: {sentence}", file=sys.stderr)
        sys.exit(2)
    carry_out()
