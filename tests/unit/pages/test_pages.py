"""Pages can do nothing that the API cannot, say every refusal in words, and serve what was
published.
"""

import ast
import hashlib
import inspect
import re
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import Final

import pytest

from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import load_settings
from commerce_core.assembly import Services
from commerce_core.kernel.errors import CommerceError, Unavailable
from commerce_http.main import OPERATIONS
from commerce_http.web.operations import Operation, path_names
from commerce_local import sandbox_cards
from commerce_pages.checkout import SANDBOX_CARDS
from commerce_pages.main import PAGES
from commerce_pages.web.assets import SERVED
from commerce_pages.web.forms import Form, FormState
from commerce_pages.web.pages import Page
from commerce_pages.web.refusals import WORDS, words_of
from tests.architecture.tree import loaded

FOLDER: Final = resources.files("commerce_pages") / "static"
#: What every page may meet, whatever it does.
ALWAYS: Final = {
    "bad-cursor", "database-busy", "forbidden", "invalid", "invalid-money", "malformed",
    "method-not-allowed", "not-found", "overloaded", "session-unknown", "storage-full",
    "too-large", "unauthenticated", "unavailable", "unsupported-media-type",
}  # fmt: skip
#: Services of the shop whose calls are compared; what hands out tokens does nothing.
SERVICES: Final = set(re.findall(r"self\.(\w+)", inspect.getsource(Services))) | {"audit"}
#: What the API has no use for by itself: it looks at a password within what it does, and has no
#: session of a browser that would be kept.
LOOKS: Final = {("accounts", "confirm"), ("credentials", "stay")}

#: Links in mails: the API takes what they are for, a page asks for it.
MAILED: Final = {"/password-resets/{}", "/email-changes/{}"}

Call = tuple[str, str]


def calls_in(source: str, *, by_shop: bool) -> Iterator[Call]:
    """The methods of services that *source* calls: ``shop.carts.view``, or ``carts.view`` where a
    service is an argument.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value
        if isinstance(owner, ast.Attribute) and isinstance(owner.value, ast.Name | ast.Attribute):
            holder = owner.value
            name = holder.id if isinstance(holder, ast.Name) else holder.attr
            if name == "shop" and owner.attr in SERVICES:
                yield owner.attr, node.attr
        elif not by_shop and isinstance(owner, ast.Name) and owner.id in SERVICES:
            yield owner.id, node.attr


def called(package: str, *, by_shop: bool) -> set[Call]:
    return {
        call
        for module in loaded(package)
        for call in calls_in(inspect.getsource(module), by_shop=by_shop)
    }


def test_every_method_of_the_core_that_a_page_calls_is_called_by_the_api_too() -> None:
    pages = called("commerce_pages", by_shop=True)
    assert len(pages) >= 15, "the pages call the services that they find in the shop"
    assert pages - called("commerce_http", by_shop=False) == LOOKS


def test_no_page_hides_a_service_behind_a_name_of_its_own() -> None:
    for module in loaded("commerce_pages"):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
                assert node.value.attr not in SERVICES, f"{module.__name__}: {node.value.attr}"


def used_by(operation: Operation) -> set[Call]:
    source = inspect.getsource(inspect.getmodule(operation.function))  # type: ignore[arg-type]
    for node in ast.walk(ast.parse(source)):
        if getattr(node, "name", "") == operation.name:
            return set(calls_in(ast.unparse(node), by_shop=False))
    return set()


def test_every_refusal_that_a_page_can_meet_is_said_in_words() -> None:
    pages = called("commerce_pages", by_shop=True)
    met = {
        problem.code
        for operation in OPERATIONS
        if used_by(operation) & pages
        for problem in operation.problems
    }
    assert {"out-of-stock", "order-not-found", "contradicted-by-books", "email-taken"} <= met
    assert (met | ALWAYS) - WORDS.keys() == set()


def test_every_refusal_says_what_to_do_in_sentences() -> None:
    for code, words in WORDS.items():
        for sentence in (words.sentence, words.advice):
            assert sentence[0].isupper(), code
            assert sentence.endswith("."), code


def test_a_shops_own_refusal_says_what_it_says_itself() -> None:
    class TooFarAway(CommerceError):
        code = "too-far-away"

    class Asleep(Unavailable):
        code = "asleep"

    assert "nobody goes there" in words_of(TooFarAway("nobody goes there")).sentence
    assert "again" in words_of(Asleep("the carrier sleeps")).advice
    assert "4242424242424242" not in words_of(TooFarAway("card 4242424242424242")).sentence


def test_no_page_is_where_the_api_answers() -> None:
    def places(of: Iterable[Page | Operation]) -> set[tuple[str, str]]:
        return {(one.method, re.sub(r"{\w+}", "{}", one.path)) for one in of}

    assert places(PAGES) & places(OPERATIONS) == {("GET", "/")}
    ours, theirs = ({path for _, path in places(all_)} for all_ in (PAGES, OPERATIONS))
    assert ours & theirs == {"/", *MAILED}, "links in mails lead to a page, and are used over HTTP"
    ours -= MAILED
    assert {path.split("/")[1] for path in ours - {"/"}} & {
        path.split("/")[1] for path in theirs
    } == set()


def test_every_page_is_there_once_and_takes_what_its_path_names() -> None:
    seen = [(one.method, one.path) for one in PAGES]
    assert len(set(seen)) == len(seen)
    for one in PAGES:
        assert one.method in ("GET", "POST")
        for name in path_names(one.path):
            assert f'"{name}"' in inspect.getsource(inspect.getmodule(one.function))  # type: ignore[arg-type]


def test_every_file_of_others_has_the_digest_that_is_written_beside_it() -> None:
    lines = (FOLDER / "SHA256SUMS").read_text().splitlines()
    packages = [line for line in lines if line.startswith("#")]
    assert all(re.fullmatch(r"# @?[\w./-]+@\d+\.\d+\.\d+", line) for line in packages)
    listed = {
        name: digest
        for digest, name in (line.split("  ") for line in lines if not line.startswith("#"))
    }
    there = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in FOLDER.iterdir()
        if file.name not in ("SHA256SUMS", "shop.css")
    }
    assert there == listed
    assert {name.split(".")[0] for name in listed} == {
        file.name.split(".")[0] for file in FOLDER.iterdir() if file.name.endswith(".LICENSE")
    }
    assert SERVED.keys() == {f.name for f in FOLDER.iterdir() if f.name.endswith((".css", ".js"))}


def test_the_style_of_ours_fetches_nothing() -> None:
    assert "url(" not in (FOLDER / "shop.css").read_text()
    assert "@import" not in (FOLDER / "shop.css").read_text()


def test_the_sandbox_offers_a_card_for_each_of_its_endings() -> None:
    assert SANDBOX_CARDS.keys() == {"4242424242424242", *sandbox_cards._CARDS}


def test_a_form_is_read_by_the_cores_reader_and_secrets_are_not_shown_again() -> None:
    form = Form.of(b"email=a%40b.example&password=hunter22&paymentInfo.cardNo=4242&a.b=1")
    assert form.secrets == {"hunter22", "4242"}
    assert set(form.shown) == {"email", "a.b"}
    assert "hunter22" not in repr(form)
    state = FormState.refused(form, CommerceError("no"))
    assert (state.values, state.wrong) == (form.shown, {})


def test_the_setting_names_the_parts_that_are_there() -> None:
    assert load_settings({}).pages == ()
    assert load_settings({"COMMERCE_PAGES": "console, shop"}).pages == ("shop", "console")
    assert {one.part for one in PAGES} == {"", "shop", "sell", "console"}


def test_hosts_of_pictures_are_named_without_anything_that_a_policy_would_read() -> None:
    named = {"COMMERCE_IMAGE_HOSTS": "Images.Shop.example, cdn.example:8443, a.example:443"}
    assert load_settings(named).image_hosts == (
        "images.shop.example", "cdn.example:8443", "a.example",
    )  # fmt: skip
    for wrong in (
        "https://a.example",
        "*",
        "a.example/x",
        "a.example; script-src *",
        "a b",
        "a..b",
    ):
        with pytest.raises(WrongSetting, match="COMMERCE_IMAGE_HOSTS"):
            load_settings({"COMMERCE_IMAGE_HOSTS": wrong})
