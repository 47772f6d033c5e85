"""Sixty connections of every abusive kind, beside four honest buyers: each kind has its bound, and
nobody honest waits.

``TEST_ABUSE_SECONDS`` says for how long each kind goes on: 15 s to be sure. Unless it is set it is
2 s, beside other tests, and times and memory are bounded loosely. Figures are printed (``pytest
-s``).
"""

import json
import os
from collections.abc import Iterator
from typing import Final

import pytest

from tests.e2e.abuse.attackers import KINDS
from tests.e2e.abuse.honest import Honest
from tests.e2e.abuse.shop import AbusedShop, abused_shop
from tests.postgres import ShopDatabases

_ASKED: Final = os.environ.get("TEST_ABUSE_SECONDS")
SECONDS: Final = float(_ASKED or "2")
_LIVE_MS: Final = 100.0 if _ASKED else 1_000.0
_CHECKOUT_MS: Final = 1_000.0 if _ASKED else 5_000.0
_MEMORY: Final = 1.2 if _ASKED else 1.5
_CALM: Final = 15.0


@pytest.fixture(scope="module", params=["embedded", "postgresql"])
def abused(
    request: pytest.FixtureRequest,
    shop_databases: ShopDatabases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[AbusedShop]:
    folder = tmp_path_factory.mktemp("abused")
    if request.param == "embedded":
        with abused_shop(folder) as shop:
            yield shop
    else:
        with shop_databases() as url, abused_shop(folder, url) as shop:
            yield shop


@pytest.mark.parametrize("kind", KINDS)
def test_39_nobody_honest_waits_beside_sixty(abused: AbusedShop, kind: str) -> None:
    before = max(
        abused.warm, abused.memory()
    )  # what is given back between two kinds may be taken again
    with Honest(abused.address, abused.items, abused.tokens) as seen:
        answers = abused.pestered_by(kind, SECONDS)
    after = abused.memory_within(before * _MEMORY, _CALM)
    print(
        f"\n{abused.name:10} {kind:20} live {seen.p99('live'):6.0f}  ready "
        f"{seen.p99('ready'):6.0f}  checkout {seen.p99('checkout'):6.0f}"
        f"  search {seen.p99('search'):6.0f} ms p99; {len(seen.seconds.get('checkout', ())):5} "
        f"orders; memory {before:.0f} -> {after:.0f} MB;"
        f" {len(seen.surprises)} surprises; {json.dumps(answers)}"
    )
    assert seen.surprises == []
    assert seen.p99("live") <= _LIVE_MS
    assert seen.p99("checkout") <= _CHECKOUT_MS
    assert after <= before * _MEMORY
