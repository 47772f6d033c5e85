"""Search over HTTP."""

import time

import pytest

from tests.integration.http.people import Person, Town, pointers, problem


def onboard(seller: Person, **fields: object) -> tuple[dict, str]:
    made = seller("POST", "/items", {"price": 10, "quantity": 1, **fields})
    assert made.status_code == 201, made.text
    return made.json(), made.headers["x-search-token"]


def test_a_page_has_the_fields_of_the_contract(town: Town, seller: Person) -> None:
    item, token = onboard(
        seller, name="Zebra striped mug", brand="Savanna", category="mugs", sku="ZEB-1"
    )
    page = town.guest(
        "GET", "/items", params={"term": "zebra"}, headers={"X-Search-Token": token}
    ).json()
    assert set(page) == {"items", "nextCursor", "total", "facets", "didYouMean"}
    assert page["total"] == {"count": 1, "exact": True}
    (hit,) = page["items"]
    assert hit == {
        "itemId": item["itemId"],
        "sku": "ZEB-1",
        "name": "Zebra striped mug",
        "brand": "Savanna",
        "category": "mugs",
        "type": "simple",
        "price": {"amount": "10.00", "currency": "USD"},
        "inStock": True,
        "image": None,
        "highlights": {"name": "<em>Zebra</em> striped mug"},
    }
    assert page["facets"]["brand"] == [{"value": "Savanna", "count": 1}]
    assert page["facets"]["category"] == [{"value": "mugs", "count": 1}]
    assert all(set(bucket) == {"from", "to", "count"} for bucket in page["facets"]["price"])


def test_a_search_token_waits_until_the_write_is_found(town: Town, seller: Person) -> None:
    for no in range(5):
        item, token = onboard(seller, name=f"Quokka plush {no}")
        found = town.guest(
            "GET",
            "/items",
            params={"term": f"quokka plush {no}"},
            headers={"X-Search-Token": token},
        ).json()
        assert item["itemId"] in [hit["itemId"] for hit in found["items"]]


def test_24_sold_out_is_seen_with_the_token_of_the_receipt(town: Town, seller: Person) -> None:
    item, _ = onboard(seller, name="Okapi lamp")
    gone = seller(
        "POST", f"/items/{item['itemId']}/stock-receipts", {"quantity": -1, "reference": "gone"}
    )
    filters = {
        "params": {"term": "okapi lamp"},
        "headers": {"X-Search-Token": gone.headers["x-search-token"]},
    }
    assert town.guest("GET", "/items", **filters).json()["items"][0]["inStock"] is False


def test_a_token_that_is_none_is_400(town: Town) -> None:
    problem(town.guest("GET", "/items", headers={"X-Search-Token": "nonsense"}), 400, "bad-cursor")


def test_a_write_that_never_comes_is_waited_for_two_seconds_at_most(town: Town) -> None:
    from commerce_core.kernel.ids import ItemId
    from commerce_core.search.service.find import item_token

    began = time.monotonic()
    answer = town.guest(
        "GET", "/items", headers={"X-Search-Token": item_token(ItemId("0" * 36), 1)}
    )
    assert answer.status_code == 200
    assert 1.9 < time.monotonic() - began < 6


def test_pages_follow_one_another_without_gaps(town: Town, seller: Person) -> None:
    made = [onboard(seller, name=f"Pangolin figurine {no}", price=no + 1) for no in range(7)]
    params = {"term": "pangolin figurine", "size": 3, "sort": "price", "inStock": "true"}
    found: list[str] = []
    page = town.guest(
        "GET", "/items", params=params, headers={"X-Search-Token": made[-1][1]}
    ).json()
    while True:
        found += [hit["itemId"] for hit in page["items"]]
        if page["nextCursor"] is None:
            break
        page = town.guest("GET", "/items", params=params | {"cursor": page["nextCursor"]}).json()
    assert found == [item["itemId"] for item, _ in made]


def test_filters_narrow_and_may_be_repeated(town: Town, seller: Person) -> None:
    onboard(
        seller,
        name="Axolotl cup",
        brand="Red",
        category="cups",
        price="5.00",
        attributes={"material": "clay"},
    )
    onboard(
        seller,
        name="Axolotl cup",
        brand="Blue",
        category="cups",
        price="15.00",
        attributes={"material": "glass"},
    )
    _, token = onboard(
        seller, name="Axolotl cup", brand="Green", category="bowls", price="25.00", quantity=0
    )

    def brands(**params: object) -> set[str]:
        page = town.guest(
            "GET", "/items", params={"term": "axolotl", **params}, headers={"X-Search-Token": token}
        )
        assert page.status_code == 200, page.text
        return {hit["brand"] for hit in page.json()["items"]}

    assert brands() == {"Red", "Blue", "Green"}
    assert brands(brand=["Red", "Green"]) == {"Red", "Green"}
    assert brands(category="cups") == {"Red", "Blue"}
    assert brands(priceMin="10", priceMax="20.00") == {"Blue"}
    assert brands(inStock="true") == {"Red", "Blue"}
    assert brands(**{"attributes.material": "glass"}) == {"Blue"}
    assert brands(seller=seller.account["accountId"]) == {"Red", "Blue", "Green"}
    assert brands(seller="nobody") == set()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("size=0", ["/size"]),
        ("size=101", ["/size"]),
        ("size=ten", ["/size"]),
        ("size=1&size=2", ["/size"]),
        ("sort=cheapest", ["/sort"]),
        ("colour=red", ["/colour"]),
        ("priceMin=x&priceMax=1.999", ["/priceMax", "/priceMin"]),
        ("inStock=yes", ["/inStock"]),
        ("term=a&term=b", ["/term"]),
        ("attributes=x", ["/attributes"]),
        ("size=0&page=2", ["/page", "/size"]),
        ("term=%00", ["/term"]),
    ],
)
def test_every_wrong_parameter_is_named(town: Town, query: str, expected: list[str]) -> None:
    assert pointers(town.guest("GET", f"/items?{query}")) == expected


@pytest.mark.parametrize("cursor", ["nonsense", "%ff", "W10", "eyJh"])
def test_a_cursor_that_is_none_is_400(town: Town, cursor: str) -> None:
    answer = town.guest("GET", f"/items?cursor={cursor}")
    assert answer.status_code == 400
    assert answer.json()["code"] in ("bad-cursor", "malformed")


@pytest.mark.parametrize(
    "term",
    [
        '"',
        "a AND (b",
        "*:*",
        "name:x^9",
        "\\",
        "' OR 1=1",
        "𝕏" * 50,
        "a" * 500,
        "-",
        "~",
        "[1 TO",
        "%20",
        " ",
    ],
)
def test_a_term_is_text_and_no_query_language(town: Town, term: str) -> None:
    assert town.guest("GET", "/items", params={"term": term}).status_code == 200


def test_suggestions_complete_what_was_typed(town: Town, seller: Person) -> None:
    item, token = onboard(seller, name="Narwhal kettle", brand="Narwhalia")
    town.guest("GET", "/items", headers={"X-Search-Token": token})
    found = town.guest("GET", "/suggestions", params={"prefix": "narw"}).json()["suggestions"]
    assert {"text": "Narwhalia", "kind": "brand"} in found
    assert [s["itemId"] for s in found if s["kind"] == "item"] == [item["itemId"]]
    assert (
        town.guest("GET", "/suggestions", params={"prefix": "narw", "size": 1}).json()[
            "suggestions"
        ]
        == found[:1]
    )
    assert pointers(town.guest("GET", "/suggestions?size=0&q=x")) == ["/q", "/size"]


def test_one_variant_meets_all_filters_and_is_the_one_whose_price_is_shown(
    town: Town, seller: Person
) -> None:
    made = seller(
        "POST",
        "/items",
        {
            "name": "Numbat shirt",
            "variants": [
                {
                    "variantId": "NB-RED-S",
                    "options": {"colour": "red", "size": "S"},
                    "price": "9.00",
                    "stock": 0,
                },
                {
                    "variantId": "NB-BLUE-M",
                    "options": {"colour": "blue", "size": "M"},
                    "price": "29.00",
                    "stock": 4,
                },
            ],
        },
    )
    token = made.headers["x-search-token"]

    def found(**params: str) -> list[tuple[str, bool]]:
        filters = {
            "term": "numbat",
            **{name.replace("_", "."): value for name, value in params.items()},
        }
        page = town.guest("GET", "/items", params=filters, headers={"X-Search-Token": token}).json()
        return [(hit["price"]["amount"], hit["inStock"]) for hit in page["items"]]

    assert found() == found(inStock="true") == found(attributes_colour="blue") == [("29.00", True)]
    assert found(attributes_colour="red", attributes_size="M") == []
    assert (
        found(attributes_colour="red", inStock="true") == found(priceMax="10", inStock="true") == []
    )
    assert found(attributes_colour="red") == found(priceMax="10") == [("9.00", False)]


def test_names_of_every_script_are_found_by_their_parts_and_in_every_spelling(
    town: Town, seller: Person
) -> None:
    names = {
        "东京经典中文字典全新版豪华精装": ["中文字典", "精装"],
        "Schreibtischlampe K\u00f6ln": ["tischlampe", "lampe", "koeln", "ko\u0308ln"],
        "\u0401\u043b\u043a\u0430": ["\u0435\u043b\u043a\u0430", "\u0415\u0308\u043b\u043a\u0430"],
        "Paring knife": ["knives"],
    }
    for name, terms in names.items():
        item, token = onboard(seller, name=name, brand="Cafe\u0301 Wombat")
        for term in terms:
            filters = {"term": term, "brand": "Caf\u00e9 Wombat"}  # others sell lamps here, too
            page = town.guest(
                "GET", "/items", params=filters, headers={"X-Search-Token": token}
            ).json()
            assert page["items"][0]["itemId"] == item["itemId"], term
    for brand in ("Caf\u00e9 Wombat", "Cafe\u0301 Wombat", "CAF\u00c9 wombat"):
        page = town.guest("GET", "/items", params={"brand": brand}).json()
        assert page["total"]["count"] == len(names)
        assert [facet["count"] for facet in page["facets"]["brand"]] == [len(names)]
