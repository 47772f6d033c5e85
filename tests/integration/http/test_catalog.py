"""Items over HTTP."""

import httpx
import pytest

from tests.integration.http.people import Person, Town, pointers, problem


def patch(
    seller: Person,
    item: dict,
    body: object,
    if_match: str | None = "*",
    media: str = "application/merge-patch+json",
) -> httpx.Response:
    headers = {"Content-Type": media} | ({"If-Match": if_match} if if_match is not None else {})
    return seller("PATCH", f"/items/{item['itemId']}", body, headers=headers)


def test_a_simple_item_comes_out_as_it_went_in(town: Town, seller: Person) -> None:
    body = {
        "sku": "TV-4K-777",
        "name": "42-inch 4K Smart TV",
        "description": "A TV.",
        "brand": "ViewLux",
        "category": "electronics",
        "tags": ["tv"],
        "price": 349.99,
        "quantity": 8,
        "images": ["https://example.com/tv.jpg"],
        "gtins": ["4006381333931"],
        "specifications": {"hdmi_ports": 3, "Snake_Key": [1, {"deep": None}]},
        "attributes": {},
        "status": "active",
    }
    made = seller("POST", "/items", body)
    assert made.status_code == 201, made.text
    item = made.json()
    assert made.headers["location"] == f"/items/{item['itemId']}"
    assert made.headers["x-search-token"]
    assert item == {k: v for k, v in body.items() if k not in ("price", "quantity")} | {
        "itemId": item["itemId"],
        "type": "simple",
        "price": {"amount": "349.99", "currency": "USD"},
        "stock": 8,
        "variants": [],
        "metadata": {},
        "taxClass": "",
        "weight": None,
        "sellerId": seller.account["accountId"],
        "version": 1,
        "createdAt": item["createdAt"],
        "updatedAt": item["updatedAt"],
    }
    assert item["createdAt"].endswith("Z")
    read = town.guest("GET", made.headers["location"])
    assert read.json() == item
    assert read.headers["etag"] == made.headers["etag"]


def test_an_item_with_variants_has_price_and_stock_in_them(seller: Person) -> None:
    variant = {
        "variantId": "T-RD-M",
        "options": {"color": "red", "size": "M"},
        "price": 15.99,
        "stock": 20,
        "images": [],
    }
    item = seller("POST", "/items", {"name": "Cotton T-Shirt", "variants": [variant]}).json()
    assert item["type"] == "variant"
    assert "price" not in item
    assert "stock" not in item
    assert item["variants"] == [
        variant | {"price": {"amount": "15.99", "currency": "USD"}, "gtins": [], "weight": None}
    ]


def test_only_name_price_and_quantity_are_required(seller: Person) -> None:
    assert pointers(seller("POST", "/items", {})) == ["/name"]
    assert pointers(seller("POST", "/items", {"name": "x"})) == ["/price", "/quantity"]
    assert seller("POST", "/items", {"name": "x", "price": 1, "quantity": 0}).status_code == 201


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        (15.99, "15.99"),
        ("15.99", "15.99"),
        (15, "15.00"),
        ({"amount": "15.9", "currency": "USD"}, "15.90"),
        ({"amount": 1, "currency": "USD"}, "1.00"),
    ],
)
def test_money_is_read_exactly_from_numbers_text_and_objects(
    seller: Person, price: object, amount: str
) -> None:
    assert seller("POST", "/items", {"name": "x", "price": price, "quantity": 1}).json()[
        "price"
    ] == {"amount": amount, "currency": "USD"}


@pytest.mark.parametrize(
    "price",
    [
        "15.999",
        -1,
        "abc",
        None,
        True,
        [],
        {"amount": "1"},
        {"amount": "1", "currency": "usd"},
        "1e400",
    ],
)
def test_wrong_money_is_refused_at_its_field(seller: Person, price: object) -> None:
    assert "/price" in pointers(
        seller("POST", "/items", {"name": "x", "price": price, "quantity": 1})
    )


@pytest.mark.parametrize(
    "raw", ["NaN", "Infinity", "-Infinity", "1e999999999999", "9" * 5000, "18446744073709551616"]
)
def test_no_number_and_numbers_beyond_64_bits_are_refused(seller: Person, raw: str) -> None:
    for field in ("price", "quantity", "specifications"):
        value = f'{{"n": {raw}}}' if field == "specifications" else raw
        others = {"price": "1", "quantity": "1"} | {field: value}
        body = '{"name": "x", ' + ", ".join(f'"{k}": {v}' for k, v in others.items()) + "}"
        refused = seller(
            "POST", "/items", content=body.encode(), headers={"Content-Type": "application/json"}
        )
        assert any(p.startswith(f"/{field}") for p in pointers(refused)), refused.text


def test_32_what_the_server_knows_is_not_taken_from_a_client(seller: Person) -> None:
    body = {
        "name": "x",
        "price": 1,
        "quantity": 1,
        "itemId": "mine",
        "sellerId": "me",
        "version": 9,
        "status": "withdrawn",
        "createdAt": "now",
    }
    assert pointers(seller("POST", "/items", body)) == [
        "/createdAt",
        "/itemId",
        "/sellerId",
        "/status",
        "/version",
    ]


def test_34_two_sellers_use_one_sku(town: Town, seller: Person) -> None:
    other = town.newcomer("seller")
    first, second = town.item(seller, sku="SAME-1"), town.item(other, sku="SAME-1")
    assert first["itemId"] != second["itemId"]
    body = {"name": "x", "price": 1, "quantity": 1, "sku": "SAME-1"}
    problem(seller("POST", "/items", body), 409, "sku-taken")


def test_the_same_key_onboards_one_item(seller: Person) -> None:
    body, headers = {"name": "Keyed", "price": 1, "quantity": 1}, {"Idempotency-Key": "onboard-1"}
    first = seller("POST", "/items", body, headers=headers)
    again = seller("POST", "/items", body, headers=headers)
    assert (again.status_code, again.json(), again.headers["location"]) == (
        201,
        first.json(),
        first.headers["location"],
    )
    problem(
        seller("POST", "/items", body | {"price": 2}, headers=headers),
        409,
        "idempotency-key-reused",
    )


def test_a_patch_merges_and_raises_the_version(town: Town, seller: Person) -> None:
    item = town.item(seller, brand="Old", specifications={"a": 1, "b": 2})
    changed = patch(
        seller, item, {"brand": None, "specifications": {"a": None, "c": 3}, "price": "9.99"}, '"1"'
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["brand"] == ""
    assert changed.json()["specifications"] == {"b": 2, "c": 3}
    assert changed.json()["price"]["amount"] == "9.99"
    assert changed.json()["version"] == 2
    assert changed.headers["x-search-token"]


@pytest.mark.parametrize("tag", ['"1.7"', '"1"', 'W/"1.0"', "*", '"9", "1"'])
def test_a_patch_compares_the_version_of_the_tag(town: Town, seller: Person, tag: str) -> None:
    assert patch(seller, town.item(seller), {"brand": "New"}, tag).status_code == 200


@pytest.mark.parametrize(
    "tag", ['"2"', '"0.1"', "nonsense", '"x"', "1", '"99999999999999999999999"', '"7", "8"']
)
def test_a_patch_for_another_version_is_412(town: Town, seller: Person, tag: str) -> None:
    problem(patch(seller, town.item(seller), {"brand": "New"}, tag), 412, "stale-version")


def test_a_patch_without_a_version_is_428(town: Town, seller: Person) -> None:
    problem(patch(seller, town.item(seller), {"brand": "New"}, None), 428, "if-match-required")


def test_a_patch_takes_plain_json_too_and_nothing_else(town: Town, seller: Person) -> None:
    item = town.item(seller)
    assert patch(seller, item, {"brand": "A"}, media="application/json").status_code == 200
    problem(patch(seller, item, {"brand": "A"}, media="text/plain"), 415, "unsupported-media-type")


@pytest.mark.parametrize("field", ["quantity", "stock", "status", "version", "sellerId"])
def test_a_patch_refuses_what_is_not_changed_by_it(town: Town, seller: Person, field: str) -> None:
    assert pointers(patch(seller, town.item(seller), {field: 5})) == [f"/{field}"]


def test_a_variant_in_stock_is_not_dropped_and_its_stock_not_set(seller: Person) -> None:
    forms = [{"variantId": name, "price": 1, "stock": 5} for name in ("A", "B")]
    item = seller("POST", "/items", {"name": "Forms", "variants": forms}).json()
    problem(patch(seller, item, {"variants": [{"variantId": "A"}]}), 409, "variant-in-stock")
    assert pointers(
        patch(seller, item, {"variants": [{"variantId": "A", "stock": 9}, {"variantId": "B"}]})
    ) == ["/variants/0/stock"]
    more = patch(
        seller,
        item,
        {
            "variants": [
                {"variantId": "A", "price": 2},
                {"variantId": "B"},
                {"variantId": "C", "price": 3, "stock": 1},
            ]
        },
    )
    assert [(v["variantId"], v["stock"]) for v in more.json()["variants"]] == [
        ("A", 5),
        ("B", 5),
        ("C", 1),
    ]


def test_an_etag_that_is_known_is_304(town: Town, seller: Person) -> None:
    item = town.item(seller)
    path = f"/items/{item['itemId']}"
    etag = town.guest("GET", path).headers["etag"]
    for known in (etag, f'"x", {etag}', "*", f"W/{etag}"):
        same = town.guest("GET", path, headers={"If-None-Match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    seller("POST", f"{path}/stock-receipts", {"quantity": -8, "reference": "all gone"})
    changed = town.guest("GET", path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag
    assert changed.json()["version"] == 1


def test_drafts_and_withdrawn_items_are_seen_by_their_seller_alone(
    town: Town, seller: Person
) -> None:
    draft = town.item(seller, status="draft")
    path = f"/items/{draft['itemId']}"
    for stranger in (town.guest, town.newcomer(), town.newcomer("seller")):
        problem(stranger("GET", path), 404, "item-not-found")
    assert seller("GET", path).json()["status"] == "draft"
    published = seller("POST", f"{path}/publication")
    assert (published.status_code, published.json()["status"]) == (200, "active")
    assert seller("POST", f"{path}/publication").json()["version"] == published.json()["version"]
    assert town.guest("GET", path).status_code == 200
    withdrawn = seller("DELETE", f"{path}/publication")
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "withdrawn")
    problem(town.guest("GET", path), 404, "item-not-found")


def test_35_a_receipt_sent_again_counts_once(town: Town, seller: Person) -> None:
    item = town.item(seller, quantity=3)
    path = f"/items/{item['itemId']}/stock-receipts"
    first = seller("POST", path, {"quantity": 4, "reference": "D-1"})
    assert (first.status_code, first.json()) == (
        201,
        {"itemId": item["itemId"], "variantId": None, "stock": 7},
    )
    assert first.headers["x-search-token"]
    again = seller("POST", path, {"quantity": 4, "reference": "D-1"})
    assert (again.status_code, again.json()["stock"]) == (201, 7)
    assert seller("POST", path, {"quantity": -7, "reference": "D-2"}).json()["stock"] == 0
    problem(seller("POST", path, {"quantity": -1, "reference": "D-3"}), 409, "stock-short")
    assert pointers(seller("POST", path, {"quantity": 0, "reference": "D-4"})) == ["/quantity"]


def test_a_receipt_names_the_variant(seller: Person) -> None:
    item = seller(
        "POST",
        "/items",
        {"name": "Forms", "variants": [{"variantId": "A", "price": 1, "stock": 1}]},
    ).json()
    path = f"/items/{item['itemId']}/stock-receipts"
    assert pointers(seller("POST", path, {"quantity": 1, "reference": "r"})) == ["/variantId"]
    assert seller("POST", path, {"variantId": "A", "quantity": 1, "reference": "r"}).json() == {
        "itemId": item["itemId"],
        "variantId": "A",
        "stock": 2,
    }


def test_the_tag_of_a_compressed_answer_serves_like_the_other(town: Town, seller: Person) -> None:
    item = town.item(seller, description="A kettle for every day. " * 100)
    path, zipped, plain = (
        f"/items/{item['itemId']}",
        {"Accept-Encoding": "gzip"},
        {"Accept-Encoding": "identity"},
    )
    short, long = town.guest("GET", path, headers=zipped), town.guest("GET", path, headers=plain)
    assert (short.headers["content-encoding"], short.json()) == ("gzip", long.json())
    assert short.headers["etag"] == long.headers["etag"][:-1] + '-gzip"'
    assert short.headers["vary"] == long.headers["vary"] == "Accept-Encoding"
    for tag in (short.headers["etag"], long.headers["etag"], f"W/{short.headers['etag']}"):
        for coding in (zipped, plain):
            unchanged = town.guest("GET", path, headers=coding | {"If-None-Match": tag})
            assert (unchanged.status_code, unchanged.headers["etag"]) == (
                304,
                tag.removeprefix("W/"),
            )
            assert unchanged.headers["vary"] == "Accept-Encoding"
    changed = seller(
        "PATCH", path, {"name": "Another"}, headers={"If-Match": short.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"].endswith('-gzip"')
    problem(
        seller("PATCH", path, {"name": "A third"}, headers={"If-Match": short.headers["etag"]}),
        412,
        "stale-version",
    )
    assert (
        seller(
            "PATCH", path, {"name": "A third"}, headers={"If-Match": changed.headers["etag"]}
        ).status_code
        == 200
    )
    assert (
        town.guest("GET", path, headers={"If-None-Match": short.headers["etag"]}).status_code == 200
    )


def test_39_an_item_does_not_grow_patch_by_patch_beyond_what_a_new_one_may_be(
    town: Town, seller: Person
) -> None:
    item = town.item(seller)
    filled = patch(seller, item, {"attributes": {f"a{n}": "x" for n in range(500)}})
    assert filled.status_code == 200
    assert pointers(patch(seller, item, {"attributes": {"b": 1}})) == ["/attributes"]
    assert patch(seller, item, {"attributes": {"a0": None, "b": 1}}).status_code == 200

    item = town.item(seller)
    for n in range(3):  # of a third of a megabyte each
        assert (
            patch(
                seller, item, {"attributes": {f"a{n}": {str(i): "x" * 3_000 for i in range(110)}}}
            ).status_code
            == 200
        )
    assert pointers(
        patch(seller, item, {"attributes": {"b": {str(i): "x" * 3_000 for i in range(110)}}})
    ) == [""]

    item = town.item(seller)
    assert patch(seller, item, {"attributes": {"a": {"list": [0] * 9_000}}}).status_code == 200
    assert pointers(patch(seller, item, {"attributes": {"b": {"list": [0] * 2_000}}})) == [""]
    assert (
        patch(seller, item, {"attributes": {"a": None, "b": {"list": [0] * 2_000}}}).status_code
        == 200
    )
