"""Every public name of the core is explained where it is written."""

import inspect
from types import ModuleType

import pytest

from tests.architecture.tree import loaded


def silent(module: ModuleType) -> set[str]:
    """The public names of *module* that nobody explains."""
    found = set() if module.__doc__ else {module.__name__}
    for name, member in vars(module).items():
        if name.startswith("_") or getattr(member, "__module__", None) != module.__name__:
            continue
        if (inspect.isclass(member) and not vars(member).get("__doc__")) or (
            inspect.isfunction(member) and not member.__doc__
        ):
            found.add(f"{module.__name__}.{name}")
        if inspect.isclass(member):
            found |= {f"{module.__name__}.{name}.{method}" for method in silent_methods(member)}
    return found


def silent_methods(owner: type) -> set[str]:
    """The public methods of *owner* that neither it nor what it inherits from explains."""
    own = ((n, m) for n, m in vars(owner).items() if not n.startswith("_"))
    return {
        n
        for n, m in own
        if (inspect.isfunction(m) or isinstance(m, property))
        and not inspect.getdoc(getattr(owner, n))
    }


@pytest.mark.parametrize("module", loaded("commerce_core"), ids=lambda m: m.__name__)
def test_every_public_name_of_the_core_is_explained(module: ModuleType) -> None:
    assert silent(module) == set()


def test_a_name_that_is_not_explained_is_refused() -> None:
    module = ModuleType("m", "What it holds.")
    exec(
        (
            "class A:\n def f(self): pass\n @property\n def g(self): pass\n def _h(self): "
            "pass\ndef "
            "b(): pass\ndef _c(): pass"
        ),
        vars(module),
    )
    vars(module)["A"].__module__ = "m"
    vars(module)["b"].__module__ = "m"
    assert silent(module) == {"m.A", "m.A.f", "m.A.g", "m.b"}
