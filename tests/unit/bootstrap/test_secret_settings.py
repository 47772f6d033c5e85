"""Secrets in settings: given in files, and shown to nobody."""

import json
import logging
from pathlib import Path

import pytest

from commerce_bootstrap.logging import configure_logging
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import IN_FILES, Settings, load_settings
from commerce_bootstrap.settings_report import described, known_secrets

SECRET = "postgresql://u:hunter2@db/shop"


def test_every_setting_that_may_hold_a_secret_may_be_given_in_a_file() -> None:
    assert set(IN_FILES) >= {
        "COMMERCE_DATABASE_URL", "COMMERCE_SEARCH_URL", "COMMERCE_BROKER_URL",
        "COMMERCE_PAYMENT_URLS", "COMMERCE_CARRIER_URL",
        "COMMERCE_OTLP_URL",
    }  # fmt: skip


@pytest.mark.parametrize("name", IN_FILES)
def test_a_setting_is_read_from_its_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    settings = load_settings({f"{name}_FILE": str(tmp_path / "secret")})
    assert getattr(settings, name.removeprefix("COMMERCE_").lower()) in (SECRET, (SECRET,))


def test_a_file_and_a_value_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    with pytest.raises(WrongSetting, match="COMMERCE_BROKER_URL_FILE are both set") as refused:
        load_settings(
            {"COMMERCE_BROKER_URL": SECRET, "COMMERCE_BROKER_URL_FILE": str(tmp_path / "secret")}
        )
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("content", [None, "", " \n", "hunter2", "x" * 70_000, b"\xff\xfehunter2"])
def test_a_file_that_cannot_be_used_is_named_and_not_shown(
    content: str | bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(WrongSetting, match="COMMERCE_DATABASE_URL") as refused:
        load_settings({"COMMERCE_DATABASE_URL_FILE": str(file)})
    assert "hunter2" not in str(refused.value)


def test_only_what_may_hold_a_secret_is_read_from_files(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="COMMERCE_PORT_FILE is no setting"):
        load_settings({"COMMERCE_PORT_FILE": str(tmp_path)})


@pytest.mark.parametrize(
    "wrong",
    [
        "hunter2",
        "postgres:u:hunter2@db",
        "postgresql://u:hunter2@db:99999/x",
        "amqp://u:hunter2@db:x1/",
    ],
)
def test_a_refusal_does_not_repeat_what_may_be_a_secret(wrong: str) -> None:
    for name in IN_FILES:
        with pytest.raises(WrongSetting, match=name) as refused:
            load_settings({name: wrong})
        assert "hunter2" not in str(refused.value)


def test_what_is_shown_of_settings_holds_no_secret() -> None:
    settings = Settings(
        database_url=SECRET, search_url="opensearch://s:9200?api_key=hunter2",
        broker_url="amqp://u:a/hunter2@mq/",
        payment_urls=("stripe://hunter2", "sandbox://"), otlp_url="https://u:hunter2@c?x=1",
    )  # fmt: skip
    shown = json.dumps([*described(settings)])
    assert "hunter2" not in shown + repr(settings)
    assert "stripe://***,sandbox://" in shown


@pytest.mark.parametrize(
    "name",
    ["COMMERCE_DATABASE_URL", "COMMERCE_SEARCH_URL", "COMMERCE_BROKER_URL", "COMMERCE_OTLP_URL"],
)
def test_a_port_that_cannot_be_is_refused_whatever_the_part(name: str) -> None:
    kinds = ("postgresql", "opensearch", "amqp", "http")
    for kind in kinds:
        with pytest.raises(
            WrongSetting, match=f"{name}: a port is a number between 1 and 65535, not 99999"
        ):
            load_settings({name: f"{kind}://u:hunter2@127.0.0.1:99999/x"})


def test_on_a_database_server_there_is_no_default_gateway_or_carrier() -> None:
    on_server = load_settings({"COMMERCE_DATABASE_URL": SECRET})
    assert (on_server.payment_urls, on_server.carrier_url) == ((), "")
    in_a_file = load_settings({})
    assert (in_a_file.payment_urls, in_a_file.carrier_url) == (
        ("sandbox:///var/sandbox-payments.db",),
        "sandbox:///var/sandbox-carrier.db",
    )


@pytest.mark.parametrize(
    "headers",
    ["x-team={} key", "x-team: {}", "authorization=Bearer%20{}", "a=b,x-team={}\u00e9", "{}"],
)
def test_what_a_collector_is_shown_is_in_no_line_of_the_log(
    headers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {"OTEL_EXPORTER_OTLP_TRACES_HEADERS": headers.format("zq9-canary-7")}
    configure_logging("json", secrets=known_secrets(Settings(), environment))
    logging.getLogger("opentelemetry.util.re").warning(
        "Header format invalid! %s", headers.format("zq9-canary-7")
    )
    output = capsys.readouterr().err
    assert "Header format invalid" in output
    assert "canary" not in output


@pytest.mark.parametrize(
    "name", ["database_url", "search_url", "broker_url", "payment_urls", "carrier_url", "otlp_url"]
)
def test_no_line_of_the_log_holds_what_is_secret_in_an_address_in_whatever_words(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(
        {f"COMMERCE_{name.upper()}": "http://u:zq9%2Fcanary7@h/p?x-team=zq9canary8"}
    )
    configure_logging("plain", secrets=known_secrets(settings, {}))
    logging.getLogger("of.a.driver").error(
        "dsn user=u pw zq9/canary7 or zq9%%2Fcanary7 at /p?x-team+zq9canary8: %s", "zq9/canary7"
    )
    assert "canary" not in capsys.readouterr().err
