"""`commerce`: the shop from the command line."""

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final, NoReturn

from cyclopts import App, CycloptsError

from commerce_bootstrap.extras import missing_extra
from commerce_bootstrap.setting_values import WrongSetting
from commerce_cli.output import WrongCall
from commerce_core.kernel.errors import CommerceError, NotFound, Rejected

#: What a process that SIGINT ended answers.
_INTERRUPTED: Final = 130
_WRONG_USE: Final = 2
#: Files that the process writes are readable by its user alone, also those of an engine, or
#: a part of another package.
_MASK: Final = 0o077
_HELP: Final = frozenset({"--help", "-h"})

#: Each command by the function that carries it out, loaded when it is called.
_COMMANDS: Final = {
    "demo": "commerce_cli.demo:demo",
    "serve": "commerce_cli.serve:serve",
    "worker": "commerce_cli.serve:worker",
    "import": "commerce_cli.items:import_items",
    "export": "commerce_cli.items:export_items",
    "check": "commerce_cli.check:check",
    "reindex": "commerce_cli.search:reindex",
    "migrate": "commerce_cli.settings:migrate",
    "settings": "commerce_cli.settings:settings",
    "features": "commerce_cli.features:features",
}
_GROUPS: Final = {
    "search": (
        "Examine the search.",
        {"evaluate": "commerce_cli.evaluate:evaluate", "explain": "commerce_cli.search:explain"},
    ),
    "recommendations": (
        "Build, explain and judge what is recommended.",
        {name: f"commerce_cli.recommendations:{name}" for name in ("build", "evaluate", "explain")},
    ),
    "sagas": (
        "Show the sagas of orders, and decide those that were flagged for review.",
        {
            name: f"commerce_cli.sagas:{function}"
            for name, function in (("list", "list_sagas"), ("show", "show"), ("retry", "retry"))
        }
        | {name: f"commerce_cli.sagas:{name}" for name in ("resolve", "compensate")},
    ),
    "orders": (
        "Maintain the sellers' lists of orders.",
        {"rebuild-seller-view": "commerce_cli.orders:rebuild_seller_view"},
    ),
    "payments": (
        "Compare the payment gateways' books with the shop's.",
        {name: f"commerce_cli.payments:{name}" for name in ("reconcile", "report")},
    ),
    "messages": (
        "List messages that could not be delivered; replay or discard them.",
        {
            "list": "commerce_cli.messages:list_messages",
            "show": "commerce_cli.messages:show",
            "replay": "commerce_cli.messages:replay",
            "discard": "commerce_cli.messages:discard",
        },
    ),
    "notifications": (
        "Preview messages to people; list those that do not get through.",
        {
            "preview": "commerce_cli.notifications:preview",
            "list": "commerce_cli.notifications:list_notifications",
            "bounced": "commerce_cli.notifications:bounced",
            "forgive": "commerce_cli.notifications:forgive",
        },
    ),
    "accounts": ("Change accounts.", {"grant": "commerce_cli.accounts:grant"}),
}


def build_app(*, explains: bool = False) -> App:
    """The application with all its commands. Their functions answer an exit code, or ``None`` for
    0.

    One that *explains* itself knows what each command is for: for that they are all loaded.
    """
    load = _loaded if explains else str
    app = App(
        name="commerce",
        help="The shop: serve it, fill it, operate it.",
        version=lambda: version("commerce-core"),
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    for name, function in _COMMANDS.items():
        app.command(load(function), name=name)
    for name, (meaning, commands) in _GROUPS.items():
        group = App(name=name, help=meaning)
        for command, function in commands.items():
            group.command(load(function), name=command)
        app.command(group)
    return app


def _loaded(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Carry out *arguments* (else those of the process) and exit: 0 done, 1 something was found
    wrong, 2 wrong usage.
    """
    if arguments is None:
        os.umask(_MASK)
    try:
        words = sys.argv[1:] if arguments is None else list(arguments)
        wants_help = not _HELP.isdisjoint(words) or words in ([], *([name] for name in _GROUPS))
        code = build_app(explains=wants_help)(words) or 0
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except ImportError as error:
        if (sentence := missing_extra(error)) is None:
            raise
        code = _complain(sentence, _WRONG_USE)
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # the reader of the pipe has gone
        code = 1
    except (CycloptsError, WrongSetting, WrongCall) as error:
        code = _complain(str(error), _WRONG_USE)
    except (NotFound, Rejected) as error:
        code = _complain(error.detail, _WRONG_USE)
    except CommerceError as error:
        code = _complain(error.detail, 1)
    sys.exit(code)


def _complain(text: str, code: int) -> int:
    sentence = " ".join(text.split())
    print(
        f"commerce: {sentence if sentence.endswith(('.', '?')) else sentence + '.'}",
        file=sys.stderr,
    )
    return code
