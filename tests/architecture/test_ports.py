"""Ports are complete promises, and adapters keep them by inheritance."""

import inspect
from abc import abstractmethod
from collections.abc import Iterator
from typing import Protocol

import pytest

from tests.architecture.tree import PACKAGES, ROOT, loaded

#: What Protocol itself puts into a class.
_MACHINERY = {"__init__", "__subclasshook__", "__class_getitem__"}


def classes(package: str) -> Iterator[type]:
    """Every class that is written in *package*."""
    for module in loaded(package):
        yield from (
            c
            for _, c in inspect.getmembers(module, inspect.isclass)
            if c.__module__ == module.__name__
        )


def promises(port: type) -> dict[str, object]:
    """The members that *port* itself asks for."""
    members = {
        n: m
        for n, m in vars(port).items()
        if n not in _MACHINERY and (callable(m) or isinstance(m, property | classmethod))
    }
    return members | dict.fromkeys(vars(port).get("__annotations__", {}))


def incomplete(port: type) -> set[str]:
    """The members of *port* that an adapter could leave out unnoticed, or that nobody explained."""
    promised = promises(port)
    return {
        n
        for n, m in promised.items()
        if not getattr(m, "__isabstractmethod__", False) or not inspect.getdoc(m)
    }


def is_port(candidate: type) -> bool:
    return bool(getattr(candidate, "_is_protocol", False))


def promised(port: type) -> frozenset[str]:
    """The names of all that *port* asks for."""
    return frozenset(getattr(port, "__abstractmethods__", ()))


def lookalike(candidate: type, port: type) -> bool:
    """Whether *candidate* does all that *port* asks for and inherits neither it nor a port that
    asks for the same and more.
    """
    kept = [promised(p) for p in candidate.__mro__ if is_port(p)]
    return (
        len(promised(port)) > 1
        and promised(port) <= set(dir(candidate))
        and not any(promised(port) <= names for names in kept)
    )


PORTS = sorted((c for c in classes("commerce_core") if is_port(c)), key=lambda c: c.__qualname__)
IMPLEMENTING = [p.name for p in PACKAGES if p.name != "commerce_core"]


@pytest.mark.parametrize("port", PORTS, ids=lambda p: p.__qualname__)
def test_every_member_of_a_port_is_abstract_and_explained(port: type) -> None:
    assert incomplete(port) == set()
    assert promises(port)


def test_a_member_that_is_not_abstract_or_not_explained_is_refused() -> None:
    class Careless(Protocol):
        name: str

        def left_out(self) -> int:
            """Answers None at run time."""

        @abstractmethod
        def unexplained(self) -> int: ...

        @abstractmethod
        def good(self) -> int:
            """A number."""

    assert incomplete(Careless) == {"name", "left_out", "unexplained"}


#: Ports without a contract suite of their own, and why.
ELSEWHERE = {
    "Audit": "the core's own services keep it: broken data examines them",
    "AuditTrail": "the core's own service keeps it: its unit tests examine it",
    "Calls": "opened by a fan-out: examined with it",
    "Consumer": "the core's own services keep it: their unit tests examine it",
    "FoundRefunds": "the core's own service keeps it: the unit tests of reconciling examine it",
    "Grouping": "it makes batchers: they are examined",
    "LocalQueues": (
        "a broker inside the shop is made of them: examined with it, and each queue by itself"
    ),
    "NoticeReader": "signed as one gateway signs: its own tests examine it",
    "Notifier": "the core's own service keeps it: its unit tests examine it",
    "Offers": "read of what an item repository has written: examined with it",
    "PersonalData": "the core's own services keep it: their unit tests examine it",
    "Step": "the saga's own: its definition is explored whole",
    "Transaction": "begun by a database: examined with it",
}
SUITES = {
    c.__name__
    for c in classes("commerce_testkit")
    if c.__module__.startswith("commerce_testkit.contracts.")
}
EXAMINED = "\n".join(
    path.read_text()
    for path in (ROOT / "tests").rglob("test_*.py")
    if "Contract):" in path.read_text()
)


@pytest.mark.parametrize(
    "port", [p for p in PORTS if p.__name__ not in ELSEWHERE], ids=lambda p: p.__qualname__
)
def test_every_port_has_a_contract_suite_that_more_than_one_adapter_passes(port: type) -> None:
    suites = [name for name in SUITES if name.endswith(f"{port.__name__}Contract")]
    heirs = {
        "PaymentGatewayContract": "SandboxContract",
        "QueueContract": "RepeatingQueueContract",
    }  # those promise more than the port
    assert suites
    assert all(EXAMINED.count(f"({heirs.get(suite, suite)}") > 1 for suite in suites)


@pytest.mark.parametrize("package", IMPLEMENTING)
def test_whoever_inherits_a_port_implements_all_of_it(package: str) -> None:
    heirs = [c for c in classes(package) if not is_port(c) and not set(PORTS).isdisjoint(c.__mro__)]
    assert [c.__qualname__ for c in heirs if inspect.isabstract(c)] == []


@pytest.mark.parametrize("package", IMPLEMENTING)
def test_whoever_does_what_a_port_asks_for_inherits_it(package: str) -> None:
    assert [
        (c.__qualname__, p.__qualname__)
        for c in classes(package)
        if not is_port(c)
        for p in PORTS
        if lookalike(c, p)
    ] == []


def test_a_lookalike_is_refused() -> None:
    class ItemWriter(Protocol):
        @abstractmethod
        def put(self) -> None:
            """Put."""

        @abstractmethod
        def take(self) -> None:
            """Take."""

    class Stray:
        def put(self) -> None: ...
        def take(self) -> None: ...

    class Heir(ItemWriter):
        def put(self) -> None: ...
        def take(self) -> None: ...

    assert (lookalike(Stray, ItemWriter), lookalike(Heir, ItemWriter)) == (True, False)
