"""What a shop makes of a proxy before it: by TLS outside, without inside."""

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from tests.integration.http.people import Town, open_town

BY_TLS = (
    {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"},
    {"Forwarded": "for=192.0.2.7;proto=https"},
)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A shop that believes what this machine's proxies say."""
    with open_town(
        tmp_path_factory.mktemp("behind"), sagas=False, trusted_proxies=(ip_network("127.0.0.0/8"),)
    ) as opened:
        yield opened


@pytest.mark.parametrize("said", BY_TLS)
def test_a_cookie_is_for_tls_alone_where_a_proxy_of_ours_says_that_the_client_came_by_it(
    behind: Town, said: dict[str, str]
) -> None:
    behind.client.cookies.clear()
    assert behind.guest("GET", "/cart", headers=said).headers["set-cookie"].endswith("; Secure")
    behind.client.cookies.clear()
    assert "Secure" not in behind.guest("GET", "/cart").headers["set-cookie"]


@pytest.mark.parametrize("said", BY_TLS)
def test_nobody_else_is_believed(town: Town, said: dict[str, str]) -> None:
    town.client.cookies.clear()
    assert "Secure" not in town.guest("GET", "/cart", headers=said).headers["set-cookie"]
    town.client.cookies.clear()


@pytest.mark.parametrize(
    "path", ["//metrics", "/metrics/", "/%6Detrics", "//health//ready", "/health/ready/"]
)
def test_what_a_proxy_keeps_inside_has_one_address(behind: Town, path: str) -> None:
    assert (
        behind.client.get(f"http://{behind.client.base_url.netloc.decode()}{path}").status_code
        == 404
    )
