"""What the linter cannot say: a capability is seen through its face, in the core too, and the core
stands on three things.
"""

import sys

import grimp
import pytest

from tests.architecture.tree import ADAPTERS, CAPABILITIES, PACKAGES

ALLOWED = {"attrs", "cattrs", *sys.stdlib_module_names}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    first, *others = [p.name for p in PACKAGES]
    return grimp.build_graph(first, *others, include_external_packages=True, cache_dir=None)


def inner_imports(graph: grimp.ImportGraph) -> set[tuple[str, str]]:
    """Who reaches past whose face."""
    found = set()
    for name in CAPABILITIES:
        face = f"commerce_core.{name}"
        for inner in graph.find_descendants(face):
            for importer in graph.find_modules_that_directly_import(inner):
                own = importer == face or importer.startswith(f"{face}.")
                built = inner.startswith(f"{face}.service") and (
                    importer == "commerce_core.assembly"
                    or not importer.startswith("commerce_core.")
                )
                if not own and not built:
                    found.add((importer, inner))
    return found


def faceless_kernel_imports(graph: grimp.ImportGraph) -> set[str]:
    """Who imports the kernel as a whole."""
    return graph.find_modules_that_directly_import("commerce_core.kernel")


def foreign_to_the_core(graph: grimp.ImportGraph) -> set[tuple[str, str]]:
    """What the core imports besides itself, attrs, cattrs and the standard library."""
    core = {"commerce_core", *graph.find_descendants("commerce_core")}
    return {
        (m, i)
        for m in core
        for i in graph.find_modules_directly_imported_by(m)
        if i not in core and i not in ALLOWED
    }


def test_a_capability_is_imported_through_its_face(graph: grimp.ImportGraph) -> None:
    assert inner_imports(graph) == set()


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("commerce_core.checkout.service.place", "commerce_core.cart.model"),
        ("commerce_core.checkout.service.run", "commerce_core.orders.service"),
        ("commerce_core.cart", "commerce_core.catalog.errors"),
        ("commerce_sqlalchemy.inventory", "commerce_core.inventory.events"),
        ("commerce_http.web.errors", "commerce_core.checkout.errors"),
    ],
)
def test_an_import_past_the_face_is_refused(
    graph: grimp.ImportGraph, importer: str, imported: str
) -> None:
    assert graph.find_descendants(importer.split(".")[0]) >= {importer}
    had = graph.direct_import_exists(importer=importer, imported=imported)
    graph.add_import(importer=importer, imported=imported)
    try:
        assert not had
        assert inner_imports(graph) == {(importer, imported)}
    finally:
        graph.remove_import(importer=importer, imported=imported)


def test_a_service_may_be_imported_where_it_is_built(graph: grimp.ImportGraph) -> None:
    graph.add_import(importer="commerce_bootstrap", imported="commerce_core.checkout.service.place")
    try:
        assert inner_imports(graph) == set()
    finally:
        graph.remove_import(
            importer="commerce_bootstrap", imported="commerce_core.checkout.service.place"
        )


def test_kernel_modules_are_imported_one_by_one(graph: grimp.ImportGraph) -> None:
    assert faceless_kernel_imports(graph) == set()


def test_an_import_of_the_whole_kernel_is_refused(graph: grimp.ImportGraph) -> None:
    graph.add_import(importer="commerce_core.cart.model", imported="commerce_core.kernel")
    try:
        assert faceless_kernel_imports(graph) == {"commerce_core.cart.model"}
    finally:
        graph.remove_import(importer="commerce_core.cart.model", imported="commerce_core.kernel")


def test_the_core_stands_on_attrs_cattrs_and_the_standard_library(graph: grimp.ImportGraph) -> None:
    assert foreign_to_the_core(graph) == set()


@pytest.mark.parametrize("foreign", ["numpy", "typing_extensions", ADAPTERS[0]])
def test_anything_else_in_the_core_is_refused(graph: grimp.ImportGraph, foreign: str) -> None:
    known = foreign in graph.modules
    if not known:
        graph.add_module(foreign, is_squashed=True)
    graph.add_import(importer="commerce_core.cart.model", imported=foreign)
    try:
        assert foreign_to_the_core(graph) == {("commerce_core.cart.model", foreign)}
    finally:
        graph.remove_import(importer="commerce_core.cart.model", imported=foreign)
        if not known:
            graph.remove_module(foreign)
