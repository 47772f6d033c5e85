"""Accounts and sessions over HTTP."""

import pytest

from tests.integration.http.people import ADDRESS, CARD, PASSWORD, Town, pointers, problem


def test_registering_answers_the_account_and_nothing_else(town: Town) -> None:
    made = town.guest(
        "POST",
        "/accounts",
        {
            "email": "Ada.Lovelace@Example.com",
            "password": PASSWORD,
            "name": "Ada",
            "role": "seller",
        },
    )
    assert made.status_code == 201
    account = made.json()
    assert account == {
        "accountId": account["accountId"],
        "email": "ada.lovelace@example.com",
        "name": "Ada",
        "role": "seller",
    }


def test_an_address_is_registered_once(town: Town) -> None:
    body = {"email": "twice@example.com", "password": PASSWORD, "name": "Twice"}
    assert town.guest("POST", "/accounts", body).status_code == 201
    problem(
        town.guest("POST", "/accounts", body | {"email": "TWICE@example.com"}), 409, "email-taken"
    )


def test_nobody_makes_an_operator_of_themselves(town: Town) -> None:
    body = {"email": "op@example.com", "password": PASSWORD, "name": "Op", "role": "operator"}
    assert pointers(town.guest("POST", "/accounts", body)) == ["/role"]


def test_every_wrong_field_is_named(town: Town) -> None:
    body = {"email": "nobody", "password": "short", "isAdmin": True, "role": 7}
    assert pointers(town.guest("POST", "/accounts", body)) == [
        "/email",
        "/isAdmin",
        "/name",
        "/password",
        "/role",
    ]


def test_logging_out_counts_at_once(town: Town) -> None:
    person = town.newcomer()
    assert person("GET", "/accounts/me").status_code == 200
    assert person("DELETE", "/sessions/current").status_code == 204
    problem(person("GET", "/accounts/me"), 401, "session-unknown")


def test_logging_in_with_a_wrong_password_or_address_tells_not_which(town: Town) -> None:
    person = town.newcomer()
    wrong = town.guest(
        "POST", "/sessions", {"email": person.account["email"], "password": "not this one"}
    )
    unknown = town.guest(
        "POST", "/sessions", {"email": "nobody@example.com", "password": "not this one"}
    )
    first, second = problem(wrong, 401, "login-failed"), problem(unknown, 401, "login-failed")
    assert first["detail"] == second["detail"]
    assert "bearer" in wrong.headers["www-authenticate"].lower()


def test_failed_log_ins_are_counted_per_account(town: Town) -> None:
    person = town.newcomer()
    for _ in range(5):
        problem(
            town.guest(
                "POST", "/sessions", {"email": person.account["email"], "password": "wrong"}
            ),
            401,
            "login-failed",
        )
    refused = town.guest(
        "POST", "/sessions", {"email": person.account["email"], "password": PASSWORD}
    )
    problem(refused, 429, "too-many-attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 301


def test_a_holder_changes_name_and_address(town: Town) -> None:
    person = town.newcomer()
    changed = person("PATCH", "/accounts/me", {"name": "Ada L.", "address": ADDRESS})
    assert changed.status_code == 200
    assert changed.json()["address"] == ADDRESS | {"line2": "", "region": ""}
    assert person("GET", "/accounts/me").json() == changed.json()
    assert person("PATCH", "/accounts/me", {"address": None}).json()["address"] is None
    assert person("GET", "/accounts/me").json()["name"] == "Ada L."


def test_a_role_is_not_changed_by_its_holder(town: Town) -> None:
    assert pointers(
        town.newcomer()("PATCH", "/accounts/me", {"role": "operator", "accountId": "x"})
    ) == ["/accountId", "/role"]


@pytest.mark.parametrize("line", ["name", "line1", "line2", "city", "region", "postalCode"])
def test_33_a_card_number_in_an_address_line_is_refused(town: Town, buyer, line: str) -> None:
    refused = buyer("PATCH", "/accounts/me", {"address": ADDRESS | {line: f"it is {CARD}"}})
    assert pointers(refused) == [f"/address/{line}"]
    assert CARD not in refused.text


@pytest.mark.parametrize(
    "header", ["Basic abc", "Bearer", "bearer  ,", "bearer x y", "Bearer \xff", ""]
)
def test_what_is_no_token_of_ours_is_401(town: Town, header: str) -> None:
    answer = town.client.get("/accounts/me", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
