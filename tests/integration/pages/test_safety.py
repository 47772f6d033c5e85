"""Who may see which page, and that no other site and no seller makes a browser do anything."""

import re
from typing import Final

import httpx
import pytest

from commerce_core.accounts import Role
from commerce_core.catalog import NewItem
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from commerce_http.web.auth import Admission
from commerce_pages.main import PAGES
from commerce_pages.web.pages import Page as Declared
from commerce_pages.web.rendering import HEADERS
from commerce_pages.web.same_origin import is_ours
from tests.integration.http.people import until
from tests.integration.pages.browser import Browser, parsed
from tests.integration.pages.conftest import IMAGES, Street
from tests.integration.pages.test_buying import ADDRESS, at_checkout, ended

POSTS: Final = [one for one in PAGES if one.method == "POST"]
NOBODY: Final = "01912d4e-7b1a-7c3e-9f00-000000000001"
#: What ends the session of whoever asks for it.
ENDS: Final = ("/log-out", "/account/sessions/end")
#: Runs wherever it is not escaped.
CANARY: Final = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"


def named(one: Declared) -> str:
    return f"{one.method} {one.path}"


def path_of(one: Declared) -> str:
    return re.sub(r"{\w+}", NOBODY, one.path)


def sent(visitor: Browser, one: Declared, path: str) -> httpx.Response:
    """What *visitor* is answered who opens a page or sends an empty form to it."""
    if one.method == "GET":
        return visitor.send("GET", path)
    if one.takes_file:
        return visitor.send("POST", path, files={"file": ("", b"")})
    return visitor.post(path, {})


@pytest.fixture(scope="module")
def visitors(street: Street) -> dict[str, Browser]:
    """Somebody of each role, and a guest."""
    return {role.value: street.visitor(role) for role in Role} | {"guest": street.guest()}


@pytest.mark.parametrize("one", POSTS, ids=named)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "OURS"},
        {"Sec-Fetch-Site": None, "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": None, "Origin": "null"},
        {"Sec-Fetch-Site": None},
    ],
    ids=str,
)
def test_no_form_of_another_site_is_taken(
    street: Street, visitors: dict[str, Browser], one: Declared, headers: dict[str, str | None]
) -> None:
    visitor = visitors[min(one.who.roles)]
    ours = str(street.client.base_url).rstrip("/")
    said = {n: v.replace("OURS", ours) for n, v in headers.items() if v is not None}
    request = street.client.build_request(
        "POST", path_of(one), data={"a": "b"}, headers=said | {"Cookie": cookie(visitor)}
    )
    answer = street.client.send(request)
    assert answer.status_code == 403
    assert parsed(answer.text)
    assert "set-cookie" not in answer.headers


def cookie(visitor: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())


def test_a_browser_that_names_its_origin_alone_is_believed() -> None:
    def scope(scheme: str, **headers: str) -> dict[str, object]:
        pairs = [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()]
        return {"scheme": scheme, "headers": pairs}

    host = "shop.example"
    assert is_ours(scope("https", host=host, origin="https://shop.example"))
    assert not is_ours(scope("https", host=host, origin="http://shop.example"))
    assert not is_ours(scope("https", host=host, origin="https://shop.example:8443"))
    assert not is_ours(scope("https", origin="https://"))


def may(who: Admission, role: str) -> bool:
    return who.guests if role == "guest" else Role(role) in who.roles


@pytest.mark.parametrize("role", [*(role.value for role in Role), "guest"])
@pytest.mark.parametrize("one", PAGES, ids=named)
def test_a_page_is_there_for_its_roles_alone(
    street: Street, visitors: dict[str, Browser], one: Declared, role: str
) -> None:
    if one.path in ENDS:
        return  # it would end the visitor
    visitor = visitors[role]
    answer = sent(visitor, one, path_of(one))
    if may(one.who, role):
        there = {200, 204, 303, 401, 404, 409, 422}
        assert answer.status_code in there, answer.text
        assert "There is nothing here for you" not in answer.text
        assert answer.headers.get("location", "") != "/log-in"
    elif role == "guest":
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/log-in")
    else:
        assert answer.status_code == 404
        assert "There is nothing at this address" in answer.text
    assert_protected(answer)


def assert_protected(answer: httpx.Response) -> None:
    """What every page says to a browser."""
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert parsed(answer.text)
        said = {name: answer.headers[name] for name in HEADERS}
        policy = said["Content-Security-Policy"].replace(f" https://{IMAGES}", "")
        assert said | {"Content-Security-Policy": policy} == dict(HEADERS)


def test_every_page_says_whom_it_is_for_as_it_should() -> None:
    for one in PAGES:
        if one.part in ("console", "sell"):
            role = {"console": Role.OPERATOR, "sell": Role.SELLER}[one.part]
            assert one.who.roles == {role}, named(one)
            assert not one.who.guests
        if one.path.startswith("/shop/orders") or one.path == "/shop/checkout":
            assert one.who.roles == {Role.BUYER}, named(one)
            assert not one.who.guests


def test_nobody_sees_the_order_of_somebody_else(street: Street) -> None:
    browser, other = street.visitor(), street.visitor()
    placed = browser.press(at_checkout(street, browser), "Order for 15.99 USD", ADDRESS)
    for method, path in (
        ("GET", ""), ("GET", "/events"), ("GET", "/return"),
        ("POST", "/return"), ("POST", "/cancel"),
    ):  # fmt: skip
        url = f"{placed.path}{path}"
        answer = other.send("GET", url) if method == "GET" else other.post(url, {})
        assert answer.status_code == 404, (method, path)


@pytest.fixture(scope="module")
def written(street: Street) -> tuple[dict[str, Browser], dict[str, str]]:
    """People who have written what runs wherever it is not escaped into each of their fields, and
    the ids of what they have made, by their names in paths.
    """
    seller = street.visitor(Role.SELLER, name=f"Sue {CANARY}")
    offer = {
        "Name": f"Lamp {CANARY}", "Price": "15.99", "Pieces": "50", "SKU": f"L {CANARY}",
        "Brand": CANARY, "Category": f"light {CANARY}"[:80], "Description": CANARY,
    }  # fmt: skip
    made = seller.press(seller.go("/sell/offer"), "Offer it", offer)
    assert made.path.startswith("/sell/items/"), made.text
    item = made.path.rpartition("/")[2]
    rows = f"sku,name,price,{CANARY}\n".encode() + f'"{CANARY}",x,"{CANARY}",1\n'.encode()
    imported = seller.attach(seller.go("/sell/imports"), "Try it first", f"{CANARY}.csv", rows)
    assert imported.path.startswith("/sell/imports/"), imported.text
    hook = seller.press(
        seller.go("/sell/webhooks"), "Send them",
        {"Address": "http://127.0.0.1:9/", "What it is for": CANARY, "catalog.item_changed.v1": ""},
    )  # fmt: skip
    assert hook.heading == "The secret of a webhook", hook.text
    buyer = street.visitor(name=f"Ada {CANARY}")
    typed = {label: f"{text} {CANARY}" for label, text in ADDRESS.items() if label != "Country"}
    buyer.press(buyer.go(f"/shop/items/{item}"), "Put on the wishlist")
    buyer.press(buyer.go("/account"), "Change it", typed | {"Country": "US"})
    page = at_checkout(street, buyer, item)
    placed = buyer.press(page, "Order for 15.99 USD", typed | {"Country": "US"})
    over = ended(buyer, placed, "Paid and handed to the carrier")
    ids = {
        "item_id": item,
        "order_id": over.path.rpartition("/")[2],
        "import_id": imported.path.rpartition("/")[2],
        "token": NOBODY,
        "endpoint_id": hook.link("I have it").rpartition("/")[2],
    }
    people = {"buyer": buyer, "seller": seller, "operator": street.visitor(Role.OPERATOR)}
    sold = f"/sell/orders/{ids['order_id']}"
    assert until(lambda: seller.send("GET", sold).status_code == 200, 30)
    reported = f"/sell/imports/{ids['import_id']}"
    assert until(lambda: "Finished" in seller.go(reported).text, 30)
    return people, ids


#: Pages, but for what they hear while they are shown and where a bank sends somebody to.
SHOWN: Final = [one for one in PAGES if one.method == "GET" and not one.path.endswith("/events")]


@pytest.mark.parametrize("one", SHOWN, ids=named)
def test_what_people_and_files_write_stays_text(
    written: tuple[dict[str, Browser], dict[str, str]], one: Declared
) -> None:
    people, ids = written
    path = re.sub(r"{(\w+)}", lambda name: ids[name[1]], one.path)
    for role in sorted(one.who.roles):
        visitor = people[role]
        if one.path == "/account/export":
            assert visitor.send("GET", path).headers["content-type"] == "application/json"
            continue
        shown = visitor.go(path)
        assert shown.status == 200, (role, shown.text)
        for page in (shown, visitor.go(f"{path}?term={CANARY}&next={CANARY}&cursor={CANARY}")):
            assert not [e for e in page.root.all() if "onerror" in e.attributes], role
            assert "<script>alert" not in page.source, role


def test_what_was_written_is_shown_as_it_was(
    written: tuple[dict[str, Browser], dict[str, str]],
) -> None:
    people, ids = written
    for path in (f"items/{ids['item_id']}", "wishlist", f"orders/{ids['order_id']}"):
        assert CANARY in people["buyer"].go(f"/shop/{path}").text, path
    for path in ("items/" + ids["item_id"], "orders/" + ids["order_id"], "items", "orders", ""):
        assert CANARY in people["seller"].go(f"/sell/{path}".rstrip("/")).text, path


@pytest.mark.parametrize(
    "url",
    [
        "https://pictures.example/1.jpg", "https://pictures.example@evil.example/1.jpg",
        "https://images.shop.example.evil.example/1.jpg", "https://images.shop.example:8443/1.jpg",
    ],
)  # fmt: skip
def test_a_picture_of_another_host_is_never_fetched(street: Street, url: str) -> None:
    seller = street.shop.accounts.by_email(street.account(Role.SELLER))
    new = NewItem(
        name="Poster", price=Money.parse("5", "USD"), quantity=1,
        images=(url,),
    )  # fmt: skip
    item = street.shop.items.onboard(SellerId(seller.id), new).item
    shown = street.guest().go(f"/shop/items/{item.id}")
    assert not list(shown.root.all("img"))


def test_a_picture_of_a_host_that_is_named_is_shown_and_its_host_alone_allowed(
    street: Street,
) -> None:
    url = "https://images.shop.example/1.jpg"
    shown = street.guest().go(f"/shop/items/{street.item(images=(url,))}")
    assert url in [image.get("src") for image in shown.root.all("img")]
    policy = shown.headers["content-security-policy"]
    assert "img-src 'self' data: https://images.shop.example;" in policy


def test_a_session_is_no_token_of_the_api_and_a_token_no_session(street: Street) -> None:
    browser = street.visitor()
    token = browser.cookies["session"]
    assert street.client.get("/orders", headers={"Cookie": f"session={token}"}).status_code == 401
    bearer = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    assert street.client.get("/shop/orders", headers=bearer).status_code == 303


def test_the_cookie_of_a_session_is_kept_from_scripts_and_other_sites(street: Street) -> None:
    email = street.account()
    form = {"email": email, "password": "correct horse battery"}
    here = street.guest().post("/log-in", form)
    (set_here,) = (c for c in here.headers.get_list("set-cookie") if c.startswith("session="))
    assert "HttpOnly; SameSite=Lax" in set_here
    elsewhere = street.guest().post("/log-in", form, headers={"Host": "shop.example"})
    (set_there,) = (
        c for c in elsewhere.headers.get_list("set-cookie") if c.startswith("__Host-session=")
    )
    assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(set_there.split("; "))
    assert "Domain" not in set_there


def test_the_root_is_a_door_for_browsers_and_the_document_for_everybody_else(
    street: Street,
) -> None:
    plain = street.client.get("/", headers={"Accept": "*/*"})
    assert plain.json()["name"] == "Commerce Core"
    door = street.guest().go("/")
    assert door.heading == "Welcome to Shop"
    for answer in (plain, street.guest().send("GET", "/")):
        assert "Accept" in answer.headers.get_list("vary")
    paths = street.client.get("/schema/openapi.json").json()["paths"]
    assert "/" in paths
    assert not [path for path in paths if path.startswith(("/shop", "/console", "/static"))]
