"""Where the cluster is, and what a wrong address is told."""

from pathlib import Path

import pytest

from commerce_opensearch.address import Address


def test_an_address_names_hosts_login_prefix_and_options() -> None:
    address = Address.parse(
        "opensearchs://shop:p%40ss@one:9201,two,["
        "::1]:9203/eu-shop?ca=/etc/ca.pem&synonyms=words.txt&refresh=1000"
    )
    assert address.hosts == (("one", 9201), ("two", 9200), ("::1", 9203))
    assert (address.tls, address.login, address.prefix) == (True, ("shop", "p@ss"), "eu-shop")
    assert (address.ca, address.synonyms, address.refresh_ms) == (
        Path("/etc/ca.pem"),
        Path("words.txt"),
        1000,
    )
    assert "p@ss" not in repr(address)


def test_a_host_is_enough() -> None:
    assert Address.parse("opensearch://search") == Address(hosts=(("search", 9200),))


@pytest.mark.parametrize(
    "url",
    [
        "opensearch://",
        "opensearch://one,,two",
        "opensearch://one:port",
        "opensearch://one/Upper",
        "opensearch://one/a/b",
        "opensearch://one/*",
        "opensearch://one/_all",
        "opensearch://one?refresh=0",
        "opensearch://one?refresh=soon",
        "opensearch://one?verify=false",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"OpenSearch|refresh|[Pp]ort") as refusal:
        Address.parse(url.replace("://", "://shop:secret@"))
    assert "secret" not in str(refusal.value)
