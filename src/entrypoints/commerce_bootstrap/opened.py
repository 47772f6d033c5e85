"""Parts that are found by their addresses, and what lets go of them."""

from contextlib import ExitStack
from typing import Any

from commerce_bootstrap.database import reason
from commerce_bootstrap.extras import missing_extra
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import PREFIX
from commerce_core.kernel.process import ProcessGuard
from commerce_core.kernel.service_address import ServiceAddress, masked
from commerce_core.plugins import PluginNotFound, load


class Closing(ExitStack[bool | None]):
    """What lets go of files, connections and threads at the end.

    Closing it in a process that was forked from ours does nothing: what is open is the parent's.
    """

    def __init__(self) -> None:
        super().__init__()
        self._process = ProcessGuard("shop")
        self._known: set[int] = set()

    def takes(self, *parts: object) -> None:
        """Close those of *parts* at the end that can be closed; each once, however often it is
        taken.
        """
        for part in parts:
            close: object = getattr(part, "close", None)
            if callable(close) and id(part) not in self._known:
                self._known.add(id(part))
                self.callback(close)

    def close(self) -> None:
        if self._process.is_another_process:
            self.pop_all()
        else:
            super().close()


def open_part(group: str, setting: str, url: str, closing: Closing, *arguments: Any) -> Any:
    """The part of *group* at *url*, made of it and *arguments*.

    Raises:
        WrongSetting: there is none, or it cannot be opened; the sentence names *setting*.
    """
    try:
        ServiceAddress.parse(url).check_ports()
        part = load(group, url)(url, *arguments)
    except PluginNotFound as error:
        raise WrongSetting(f"{PREFIX}{setting}: {error.detail}.") from error
    except ImportError as error:
        raise WrongSetting(
            f"{PREFIX}{setting}: {missing_extra(error) or f'{error.name} is missing'}."
        ) from error
    except (OSError, ValueError) as error:
        raise WrongSetting(
            f"{PREFIX}{setting}: {masked(url)} cannot be opened ({reason(error, url)})."
        ) from error
    closing.takes(part)
    return part
