"""Whatever the OpenAPI document allows, and much that it does not, is sent to a live shop: it never
stumbles, and never answers outside of its document.

2,000 cases by default; ``COMMERCE_FUZZ_CASES=10000`` (or ``make fuzz``) sends more.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import attrs
import pytest

from tests.architecture.tree import ROOT
from tests.integration.http.people import Person, Town, open_town

CASES: Final = int(os.environ.get("COMMERCE_FUZZ_CASES", "2000"))
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
    "refusal_code_conformance",  # of schemathesis_checks
)
#: Cases that the fixed phases send before the number of examples counts, and how many an example
#: and an operation come to.
_FIXED: Final = 550
_PER_EXAMPLE: Final = 20


#: An import takes any bytes and names what is wrong with them afterwards, row by row.
_IMPORTS: Final = """
[[operations]]
include-operation-id = "importItems"
checks.negative_data_rejection.expected-statuses = ["2xx", "4xx", "5xx"]
"""


@attrs.frozen
class Stage:
    """A town, and things in it that generated requests can be about."""

    town: Town
    people: Mapping[str, Person]
    parameters: Mapping[str, str]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_town(tmp_path_factory.mktemp("fuzzed")) as town:
        seller, buyer = town.newcomer("seller"), town.newcomer()
        item = town.item(seller, quantity=1_000_000)
        order = town.order(buyer, item, Prefer="wait=10")
        job = seller(
            "POST", "/item-imports", content=b"", headers={"Content-Type": "text/csv"}
        ).json()["importId"]
        parameters = {
            "itemId": item["itemId"],
            "orderId": order["orderId"],
            "importId": job,
            "If-Match": "*",
        }
        yield Stage(town, {"buyer": buyer, "seller": seller, "guest": town.guest}, parameters)


def run(stage: Stage, who: str, folder: Path, examples: int) -> tuple[int, str]:
    """Let Schemathesis loose as somebody; how many requests that came to, and what it printed."""
    config = folder / "schemathesis.toml"
    known = "".join(
        f"{json.dumps(name)} = {json.dumps(value)}\n" for name, value in stage.parameters.items()
    )
    config.write_text(("[parameters]\n" + known if who != "guest" else "") + _IMPORTS)
    token = stage.people[who].token
    command = [
        str(Path(sys.executable).with_name("st")), "--no-color", "--config-file", str(config),
        "run", f"{stage.town.client.base_url}/schema/openapi.json",
        "--checks", ",".join(CHECKS), "--max-examples", str(examples), "--continue-on-failure",
        "--generation-database", "none", "--suppress-health-check", "all", "--request-timeout",
        "20", "--warnings", "off",
        "--output-sanitize", "false",
        *(["--header", f"Authorization: Bearer {token}", "--exclude-path",
            "/sessions/current", "--exclude-operation-id", "endSessions"] if token else []),
    ]  # fmt: skip
    checks = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.e2e.schemathesis_checks"}
    checks["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        command, cwd=folder, env=checks, capture_output=True, text=True, timeout=1800, check=False
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-4_000:]
    counted = re.search(r"([\d,]+) generated, ([\d,]+) passed", done.stdout)
    assert counted, done.stdout[-4_000:]
    assert counted[1] == counted[2], done.stdout[-20_000:]
    return int(counted[1].replace(",", "")), done.stdout


@pytest.mark.parametrize("who", ["buyer", "seller"])
def test_nothing_that_can_be_sent_is_answered_outside_of_the_document(
    stage: Stage, who: str, tmp_path: Path
) -> None:
    examples = max(1, (CASES // 2 - _FIXED) // _PER_EXAMPLE)
    sent, printed = run(stage, who, tmp_path, examples)
    assert sent >= CASES // 2, printed


def test_a_guest_is_answered_as_the_document_says(stage: Stage, tmp_path: Path) -> None:
    assert run(stage, "guest", tmp_path, 3)[0] > 100
