"""What decisions of operators are given with, on the command line."""

import getpass
from typing import Annotated

from cyclopts import Parameter

Reason = Annotated[str, Parameter(help="Why: kept in the audit, and in the order's timeline.")]
Evidence = Annotated[str, Parameter(help="What shows it, for example a ticket: kept too.")]
Actor = Annotated[str, Parameter(help="Who decides: kept too.")]


def login() -> str:
    """Who runs the command, as far as the system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"
