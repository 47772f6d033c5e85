"""What every adapter promises that is handed a secret: however it fails, the secret is in nothing
that it writes, raises or answers.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TypeAlias

import pytest

from commerce_testkit.canaries import Canaries, listening

#: A call of the adapter with a canary for every secret that it takes.
Call: TypeAlias = Callable[[Canaries], object]


class SecretsContract:
    """Give ``failing``: calls of the adapter, by name, each made while what the adapter needs is
    broken; and ``well``: calls that do well.

    What stands in a log line is checked before it is formatted or redacted: arguments, extras,
    errors and their causes.
    """

    @pytest.fixture
    @abstractmethod
    def failing(self) -> Mapping[str, Call]:
        """Calls that fail, one way or another: each raises, or answers that it failed."""

    @pytest.fixture
    def well(self) -> Mapping[str, Call]:
        """Calls that do well; none by default."""
        return {}

    def test_no_secret_is_in_what_a_failure_writes_raises_or_answers(
        self, failing: Mapping[str, Call]
    ) -> None:
        assert failing, "nothing was tried"
        _look_at(failing)

    def test_no_secret_is_in_what_a_success_writes_or_answers(
        self, well: Mapping[str, Call]
    ) -> None:
        _look_at(well)


def _look_at(calls: Mapping[str, Call]) -> None:
    recorded = {name: found for name, call in calls.items() if (found := _found(call))}
    assert not recorded, f"secrets stand in what was written, raised or answered: {recorded}"


def _found(call: Call) -> list[str]:
    canaries = Canaries()
    with listening() as captured:
        try:
            captured.add(call(canaries))
        except Exception as error:  # noqa: BLE001 (whatever an adapter raises is checked)
            captured.add_error(error)
    return canaries.found_in(captured.text)
