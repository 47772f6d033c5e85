"""An address shows where a part is, and never what opens it."""

import pytest

from commerce_core.kernel.service_address import ServiceAddress, masked


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://shop:hunter2@db:5432/shop?sslmode=require",
         "postgresql://shop:***@db:5432/shop?sslmode=require"),
        ("postgresql://shop@db/shop", "postgresql://***@db/shop"),
        ("postgresql://u:pa/ss@db/shop", "postgresql://u:***@db/shop"),
        ("postgresql://u:p@ss@db/shop", "postgresql://u:***@db/shop"),
        ("postgresql://u:***@ss@db/shop", "postgresql://u:***@db/shop"),
        ("postgresql://u:*@db/shop", "postgresql://u:***@db/shop"),
        ("postgresql://u:p?a@db/shop", "postgresql://u:***@db/shop"),
        ("postgresql://u:p?x=1@db/shop?sslmode=require",
         "postgresql://u:***@db/shop?sslmode=require"),
        ("postgresql://u:p#x@db/shop", "postgresql://u:***@db/shop"),
        ("postgresql://u:p@db/shop#p2", "postgresql://***"),
        ("postgresql://db/shop?user=u&password=p@ss/w",
         "postgresql://db/shop?user=***&password=***"),
        ("postgresql:///shop?host=/run/pg&sslkey=/k.pem&sslpassword=p",
         "postgresql:///shop?host=/run/pg&sslkey=***&sslpassword=***"),
        ("postgresql://db/shop?sslmode=p@ss", "postgresql://db/shop?sslmode=***"),
        ("amqp://u:p@mq/%2F?heartbeat=hunter2&socket_timeout=2.5",
         "amqp://u:***@mq/%2F?heartbeat=***&socket_timeout=2.5"),
        ("postgresql://u:p@db/shop?connect_timeout=hunter2",
         "postgresql://u:***@db/shop?connect_timeout=***"),
        ("amqp://u:p@one,two:5673/%2F?heartbeat=30", "amqp://u:***@one,two:5673/%2F?heartbeat=30"),
        ("opensearchs://u:p@[::1]:9200,other/shop?api_key=k&ca=/x.pem",
         "opensearchs://u:***@[::1]:9200,other/shop?api_key=***&ca=/x.pem"),
        ("http://collector:4318?token", "http://***"),
        ("https://hooks.example/services/T00000000000000000/x",
         "https://hooks.example/services/***/x"),
        ("stripe://sk_live_1", "stripe://***"),
        ("stripe://sk_live_1:@api?name=cards", "stripe://***"),
        ("sqlite:////home/me@work/shop.db", "sqlite:////home/me@work/shop.db"),
        ("sandbox:///var/books.db?name=test", "sandbox:///var/books.db?name=test"),
        ("local://", "local://"),
        ("hunter2", "***"),
    ],
)  # fmt: skip
def test_what_is_shown_of_an_address(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_what_is_hidden_is_known_as_it_is_written_and_as_it_is_meant() -> None:
    found = ServiceAddress.parse("postgresql://shop:p%40ss@db/shop?api_key=k%2F1").secrets()
    assert {"p%40ss", "p@ss", "k%2F1", "k/1"} <= found
    assert "shop" not in found


def test_a_password_that_is_as_public_as_a_name_is_not_hidden_from_every_sentence() -> None:
    assert ServiceAddress.parse("postgresql://commerce:commerce@db/commerce").secrets() == {
        "commerce:commerce"
    }


@pytest.mark.parametrize(
    ("address", "spelled"),
    [
        ("postgresql://u:pa/ss@db/shop", "postgresql://u:pa%2Fss@db/shop"),
        ("amqp://u:p@ss#1?x@mq/%2F", "amqp://u:p%40ss%231%3Fx@mq/%2F"),
        ("postgresql://u:p%40ss@db/shop?a=b", "postgresql://u:p%40ss@db/shop?a=b"),
        ("postgresql://db", "postgresql://db"),
    ],
)
def test_a_login_is_spelled_so_that_every_library_reads_it(address: str, spelled: str) -> None:
    assert ServiceAddress.parse(address).spelled() == spelled


def test_what_can_be_read_in_several_ways_is_not_spelled() -> None:
    with pytest.raises(ValueError, match="%40"):
        ServiceAddress.parse("postgresql://u:p@db/shop?application_name=a@b").spelled()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://db:99999/shop", "amqp://u:p@mq:0/", "opensearch://one:9200,two:70000",
        "opensearch://[::1]:99999", "http://c:65536",
        "postgresql:///shop?host=db&port=99999", "postgresql://db:x/shop", "amqp://u:p@mq:-1/",
        "postgresql://db:99999999999999999999/x",
    ],
)  # fmt: skip
def test_a_port_that_cannot_be_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="a port is a number between 1 and 65535"):
        ServiceAddress.parse(address).check_ports()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://db/shop",
        "opensearch://[::1]:9200,b:1",
        "amqp://mq:65535/",
        "local://",
        "sqlite:///a:b",
    ],
)
def test_a_port_that_can_be_is_taken(address: str) -> None:
    ServiceAddress.parse(address).check_ports()
