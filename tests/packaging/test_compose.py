"""compose.yaml and the Dockerfile, as far as they can be held to what there is without Docker."""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import yaml

from commerce_bootstrap.health import READY
from commerce_bootstrap.settings import load_settings
from commerce_cli.main import build_app
from scripts.servers.native import SETTINGS
from tests.architecture.tree import ROOT

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
OURS: Final = {
    name: service for name, service in SERVICES.items() if service["image"] == "commerce-core"
}
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text()

#: What the format of compose files knows of what is used here, by the type that it must have.
SERVICE_KEYS: Final = {
    "image": str, "build": str, "init": bool, "restart": str, "stop_signal": str,
    "stop_grace_period": str, "shm_size": str,
    "hostname": str, "environment": dict, "command": list, "volumes": list, "ports": list,
    "healthcheck": dict, "depends_on": dict,
    "deploy": dict, "ulimits": dict,
}  # fmt: skip
CONDITIONS: Final = {"service_started", "service_healthy", "service_completed_successfully"}


def filled_in(text: str) -> str:
    """*text* as Compose reads it where nothing is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def texts(value: object) -> Iterator[str]:
    """Every text within *value*."""
    if isinstance(value, str):
        yield value
    for inner in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from texts(inner)


def test_there_are_three_servers_the_shop_and_two_workers() -> None:
    images = {
        name: service["image"].partition(":")[::2]
        for name, service in SERVICES.items()
        if name not in OURS
    }
    assert set(images) == set(SETTINGS)
    assert [(images[name][0].rpartition("/")[2],
        images[name][1][:2].strip("-")) for name in SETTINGS] == [
            ("postgres", "17"), ("rabbitmq", "4"), ("opensearch", "3"),
    ]  # fmt: skip
    assert set(OURS) == {"migrate", "serve", "worker"}
    assert OURS["worker"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_only_what_the_format_knows(name: str) -> None:
    service = SERVICES[name]
    assert {
        key for key, value in service.items() if not isinstance(value, SERVICE_KEYS.get(key, ()))
    } == set()
    assert {type(value) for value in service["environment"].values()} == {str}, (
        "YAML must not make numbers or truths of settings"
    )
    for other, on in service.get("depends_on", {}).items():
        assert on["condition"] in CONDITIONS
        if on["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
    for volume in service["volumes"]:
        source, *_, mode = volume.split(":")
        if source.startswith("./"):
            assert (ROOT / source).is_file()
            assert mode == "ro"
        else:
            assert source in COMPOSE["volumes"], (
                "what must outlive a container lies in a named volume"
            )


@pytest.mark.parametrize("name", OURS)
def test_a_command_of_ours_exists(name: str) -> None:
    command, *_ = OURS[name]["command"]
    assert command in build_app()
    build_app().parse_args(OURS[name]["command"], print_error=False, exit_on_error=False)
    assert 'ENTRYPOINT ["commerce"]' in DOCKERFILE


@pytest.mark.parametrize("name", OURS)
def test_what_is_set_are_settings_of_ours_that_point_at_the_servers(name: str) -> None:
    settings = load_settings(
        {key: filled_in(value) for key, value in OURS[name]["environment"].items()}
    )
    addresses = [settings.database_url, settings.broker_url, settings.search_url]
    assert [urlsplit(url).hostname for url in addresses] == list(SETTINGS)
    for url in (*settings.payment_urls, settings.carrier_url):
        assert urlsplit(url).path.startswith("//data/"), (
            "all containers of the shop see one sandbox"
        )
    assert "sandbox:/data" in OURS[name]["volumes"]


def test_the_passwords_of_the_shop_are_those_of_the_servers() -> None:
    for name, server, key, setting in (
        ("migrate", "postgres", "OWNER_PASSWORD", "COMMERCE_DATABASE_URL"),
        ("serve", "postgres", "SHOP_PASSWORD", "COMMERCE_DATABASE_URL"),
        ("worker", "postgres", "SHOP_PASSWORD", "COMMERCE_DATABASE_URL"),
        ("serve", "rabbitmq", "RABBITMQ_DEFAULT_PASS", "COMMERCE_BROKER_URL"),
    ):
        assert f":{SERVICES[server]['environment'][key]}@" in OURS[name]["environment"][setting]
        assert filled_in(SERVICES[server]["environment"][key]) == "commerce"


def test_the_shop_runs_with_a_role_of_its_own_and_migrates_with_another() -> None:
    script = next(v for v in SERVICES["postgres"]["volumes"] if v.startswith("./"))
    assert script == "./ops/postgres-roles.sql:/docker-entrypoint-initdb.d/roles.sql:ro"
    text = (ROOT / "ops" / "postgres-roles.sql").read_text()
    users = {
        name: urlsplit(filled_in(service["environment"]["COMMERCE_DATABASE_URL"])).username
        for name, service in OURS.items()
    }
    assert users == {
        "migrate": "commerce_owner",
        "serve": "commerce_shop",
        "worker": "commerce_shop",
    }
    assert "\\set owner commerce_owner\n\\set shop commerce_shop\n" in text
    assert {*re.findall(r"\\getenv \w+ (\w+_PASSWORD)", text)} < {
        *SERVICES["postgres"]["environment"]
    }
    assert SERVICES["postgres"]["environment"]["POSTGRES_USER"] not in users.values()


def test_every_port_is_published_to_this_machine_alone() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert published
    assert [port for port in published if not re.fullmatch(r"127\.0\.0\.1:\d*:\d+", port)] == []


def test_the_tables_are_there_before_anybody_serves() -> None:
    assert OURS["migrate"]["restart"] == "no"
    for name in ("serve", "worker"):
        assert OURS[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_the_shop_is_asked_whether_it_is_ready_at_a_path_that_exists() -> None:
    (address,) = re.findall(
        r"http://127\.0\.0\.1:(\d+)(/[\w/]+)", " ".join(texts(OURS["serve"]["healthcheck"]["test"]))
    )
    assert address == (OURS["serve"]["environment"]["COMMERCE_PORT"], READY)


def test_a_worker_is_asked_where_it_answers() -> None:
    (address,) = re.findall(
        r"http://127\.0\.0\.1:(\d+)(/[\w/]+)",
        " ".join(texts(OURS["worker"]["healthcheck"]["test"])),
    )
    assert address == (OURS["worker"]["command"][-1], READY)


def test_what_the_image_is_built_of_exists_and_is_let_in() -> None:
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for name in line.split()
    }
    assert copied == {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_image_runs_what_is_locked_as_nobody_in_particular() -> None:
    assert "--require-hashes --requirement requirements/run.txt" in DOCKERFILE
    assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, re.MULTILINE)
    assert "--no-deps" in DOCKERFILE.partition("COPY src src")[2]
