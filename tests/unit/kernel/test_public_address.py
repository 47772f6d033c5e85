"""What leads into the network that the shop stands in is refused, however it is written."""

from ipaddress import ip_address

import pytest

from commerce_core.kernel.public_address import NotPublic, PublicUrl, is_public, public_url

#: Each kind of address that is none of a host on the public internet.
NOT_PUBLIC = (
    # this host, private networks, shared address space (CGNAT), loopback, link-local and metadata
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255",
    "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.168.0.1", "192.168.255.255",
    # protocols, documentation, relays, benchmarks, multicast, reserved, broadcast
    "192.0.0.1", "192.0.0.170", "192.0.2.1", "198.51.100.7", "203.0.113.9", "192.88.99.1",
    "198.18.0.1", "198.19.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255",
    # unspecified, loopback, unique-local, link-local, site-local, multicast
    "::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    # mapped, compatible, translated (also to public ones), NAT64, 6to4, Teredo, ISATAP
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:93.184.215.14", "::127.0.0.1",
    "::169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::1",
    "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a9fe:a9fe",
    # documentation, discard, protocols, and what nobody has been given
    "2001:db8::1", "3fff::1", "100::1", "2001:10::1", "2001:20::1", "4000::1", "5f00::1",
)  # fmt: skip
PUBLIC = ("93.184.215.14", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1",
    "2606:4700:4700::1111", "2a00:1450:4001::200e")  # fmt: skip
#: Texts that lead elsewhere, are read differently by different libraries, or are no URL.
ELSEWHERE = (
    # addresses as some libraries read them: decimal, octal, hexadecimal, short, with zeros
    "https://2130706433/", "https://017700000001/", "https://0x7f000001/", "https://0x7f.1/",
    "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/", "https://010.0.0.1/",
    "https://93.184.215.014/", "https://1.2.3.4.5/", "https://256.1.1.1/",
    "https://0x7f.0x0.0x0.0x1/", "https://127.0.0.0x1/", "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:ffff:127.0.0.1]/", "https://[::1%25lo]/", "https://[fe80::1%lo]/",
    "https://[v1.fe80::a]/", "https://[127.0.0.1]/", "https://[::1/", "https://::1/",
    # names that lead nowhere outside, and dots at the end
    "https://localhost/", "https://LOCALHOST/", "https://shop.localhost/", "https://db/",
    "https://db.local/", "https://metadata.google.internal/", "https://host.docker.internal/",
    "https://example.org./", "https://localhost./", "https://127.0.0.1./", "https://a..org/",
    "https://.org/", "https:///hook", "https://-a.org/", "https://a_b.org/",
    f"https://{'a' * 64}.org/", f"https://{'a.' * 130}org/",
    # other letters, escapes, what is read differently by different libraries
    "https://１２７.0.0.1/", "https://127。0。0。1/", "https://ⓛocalhost/", "https://exa%6dple.org/",
    "https://127.0.0.1%2f@example.org/", "https://example.org\\@127.0.0.1/",
    "https://example.org\t/", "https://example.org\n/", "https://exam ple.org/", " https://a.org/",
    "https://example.org/\r\nHost: x",
    # users, ports, fragments, schemes
    "https://user@example.org/", "https://user:word@example.org/", "https://@example.org/",
    "https://example.org@127.0.0.1/", "https://example.org:22/", "https://example.org:6379/",
    "https://example.org:80/", "https://example.org:0/", "https://example.org:65536/",
    "https://example.org:/", "https://example.org:+443/", "https://example.org:４４３/",
    "https://example.org/#part", "https://example.org/#", "http://example.org/",
    "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "//example.org/",
    "example.org", "", "https:/example.org", "javascript:alert(1)",
    f"https://a.org/{'a' * 2000}",
)  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_on_the_public_internet_is_none(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_on_the_public_internet_is_one(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_url_with_such_an_address_is_refused(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(NotPublic):
        public_url(f"https://{host}/hook")


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_url_that_leads_elsewhere_or_is_read_differently_is_refused(url: str) -> None:
    with pytest.raises(NotPublic):
        public_url(url)


def test_the_reason_repeats_nothing_of_the_url() -> None:
    for url in ("https://user:hunter2@example.org/", "https://hunter2/", "ftp://hunter2.org/"):
        with pytest.raises(NotPublic) as refused:
            public_url(url)
        assert "hunter2" not in str(refused.value)


def test_a_public_url_is_taken_apart() -> None:
    assert public_url("HTTPS://Hooks.Example.ORG:8443/a/b?c=d&e=%2F") == PublicUrl(
        scheme="https", host="hooks.example.org", port=8443, target="/a/b?c=d&e=%2F"
    )
    assert public_url("https://example.org").target == "/"
    assert public_url("https://[2606:4700::1]/").authority == "[2606:4700::1]"
    assert public_url("https://example.org:8443/").authority == "example.org:8443"
    assert public_url("https://xn--bcher-kva.example.org/").host == "xn--bcher-kva.example.org"
    assert public_url("http://example.org:8080/", http=True).port == 8080


def test_private_addresses_are_taken_where_that_is_said() -> None:
    for url in ("https://localhost:9999/", "https://127.0.0.1:1/", "https://[::1]:5000/"):
        assert public_url(url, private=True).scheme == "https"
    for url in ("http://localhost/", "https://2130706433/", "https://user@localhost/"):
        with pytest.raises(NotPublic):
            public_url(url, private=True)
