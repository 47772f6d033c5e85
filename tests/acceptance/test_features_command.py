"""`commerce features`: what it lists, what it tells, and whom it refuses."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from commerce_testkit.features_messages import Messages
from commerce_testkit.features_plugin import features_folder
from commerce_testkit.features_report import page
from commerce_testkit.features_telling import difference, sentences
from commerce_testkit.sandbox import why_not_told
from commerce_testkit.service_driver import ServiceShop
from commerce_testkit.shop import OrderDetails, Payment, Refused, Visitor
from tests.acceptance.running import RunningShop

WRONG = """@cart
Feature: Carts that are wrong
  Rule: A cart holds what was put in
    Scenario: It holds
      Given Ada is a buyer
      When Ada looks at the cart
      Then the cart of Ada is empty
    Scenario: It counts wrong
      Given Sam is a seller
      And Sam sells "Desk lamp" at 24.50 with 7 in stock
      And Ada is a buyer
      When Ada puts 2 of "Desk lamp" into the cart
      Then the cart of Ada costs 1.00
    Scenario: A refusal that nobody speaks of
      Given Sam is a seller
      And Sam sells "Desk lamp" at 24.50 with 7 in stock
      When Sam puts 2 of "Desk lamp" into the cart
      Then the cart of Ada is empty
"""
SCRIPT = """
import sys
from pathlib import Path
import pytest
from commerce_testkit.feature_files import read
from commerce_testkit.features_telling import Telling, summary
folder = Path(sys.argv[1])
telling = Telling({scene.key: scene for scene in read(folder)}, print)
quiet = ["-qq", "--tb=no", "--no-header", "--no-summary", "-p", "no:cacheprovider"]
style = ["-o", "console_output_style=classic", "-c", "/dev/null", "--rootdir", str(folder)]
plugin = ["-p", "commerce_testkit.features_plugin"]
code = pytest.main([str(folder / "test_wrong.py"), *plugin, *quiet, *style], plugins=[telling])
print(summary(telling.outcomes))
sys.exit(code)
"""
#: The command, where the shop turns out not to be a sandbox.
REAL_MONEY = """
import sys
from commerce_testkit import features_plugin
from commerce_cli.main import main
features_plugin.why_not_told = lambda shop: "its money may be real."
main(["features", "--url", sys.argv[1], "--report", sys.argv[2]])
"""
MODULE = """
import pytest
from pytest_bdd import scenarios
from commerce_testkit.service_driver import ServiceShop

@pytest.fixture
def shop():
    return ServiceShop()

scenarios("cart")
"""


def test_it_lists_scenarios_by_rule_and_tag_without_a_shop(running_shop: RunningShop) -> None:
    ran = running_shop.command("features", "--list", "--tag", "@privacy", "--name", "LEAVING")
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[:2] == ["Leaving the shop", "  Everybody may read all that the shop knows of them"]
    assert "    The log-in ends with the account  @accounts @privacy" in lines
    assert lines[-1] == "7 scenarios."


def test_it_tells_what_was_chosen_a_line_for_each_rule(running_shop: RunningShop) -> None:
    ran = running_shop.command(
        "features", "--url", running_shop.address, "--name", "opening an account"
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        "Opening an account",
        "  holds  Anyone may buy and sell",
        "  holds  An e-mail address belongs to one account",
        "  holds  Everything that is wrong is named at once",
        "",
        "7 scenarios: 7 hold.",
    ]


def test_what_cannot_be_told_here_is_named_with_its_reason(running_shop: RunningShop) -> None:
    ran = running_shop.command(
        "features", "--url", running_shop.address, "--name", "nobody but an operator"
    )
    assert "  skips  Nobody but an operator sees or decides" in ran.stdout.splitlines()
    assert "           nobody here makes operators" in ran.stdout.splitlines()
    assert ran.stdout.endswith("2 scenarios: 0 hold, 2 could not be told here.\n")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "--url"),
        (("--list", "--tag", "@pigeons"), "@pigeons: there are @accounts, "),
        (("--list", "--name", "pigeons"), "No scenario is like that."),
    ],
)
def test_a_wrong_choice_is_one_sentence(
    arguments: tuple[str, ...], named: str, running_shop: RunningShop
) -> None:
    ran = running_shop.command("features", *arguments)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert named in ran.stderr


def test_a_failure_is_a_sentence_with_its_step_and_the_difference(tmp_path: Path) -> None:
    (tmp_path / "cart").mkdir()
    (tmp_path / "cart" / "wrong.feature").write_text(WRONG)
    (tmp_path / "test_wrong.py").write_text(MODULE)
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.splitlines() == [
        "Carts that are wrong",
        "  FAILS  A cart holds what was put in",
        "         It counts wrong  (cart/wrong.feature:8)",
        "           Then the cart of Ada costs 1.00",
        "           there is  '49.00'",
        "           and not   '1.00'",
        "         A refusal that nobody speaks of  (cart/wrong.feature:14)",
        '           When Sam puts 2 of "Desk lamp" into the cart',
        "           the shop refuses it: forbidden",
        "",
        "3 scenarios: 1 hold, 2 not.",
    ]


@pytest.mark.parametrize(
    ("error", "compared", "said"),
    [
        (AssertionError("it never came to this: pigs fly\nassert 1 < 0"), ("<", 1, 0),
         ("it never came to this: pigs fly",)),
        (AssertionError("assert 1 == 2"), ("==", 1, 2), ("there is  1", "and not   2")),
        (AssertionError("assert False"), None, ("that is not so",)),
        (AssertionError("assert 1 in []"), ("in", 1, []), ("1 is not in []",)),
        (OSError("no route"), None, ("OSError: no route",)),
    ],
)  # fmt: skip
def test_an_error_is_told_in_words(
    error: Exception, compared: tuple[str, object, object] | None, said: tuple[str, ...]
) -> None:
    assert sentences(error, compared) == said


def test_a_long_difference_is_cut() -> None:
    assert max(len(line) for line in difference("==", "x" * 9000, "y")) < 400


def test_play_money_is_known_and_nothing_is_left_on_sale() -> None:
    shop = ServiceShop()
    assert why_not_told(shop) is None
    assert_nothing_is_on_sale(shop)


def assert_nothing_is_on_sale(shop: ServiceShop) -> None:
    anybody = Visitor(email="kim@example.com")
    shop.until(lambda: shop.search(anybody, {}).hits == (), "nothing is on sale")


class OnlyTokens(ServiceShop):
    """Its gateway takes no card numbers."""

    def check_out(self, who: Visitor, payment: Payment, *, wait: bool = False) -> OrderDetails:
        raise Refused("invalid", fields=["/paymentInfo/cardNo"])


class OnlyCards(ServiceShop):
    """Its gateway asks a bank, and no bank knows the number."""

    def check_out(self, who: Visitor, payment: Payment, *, wait: bool = False) -> OrderDetails:
        declined = attrs.evolve(payment, card_no="4000000000000002")
        return super().check_out(who, declined, wait=wait)


class RealCarrier(ServiceShop):
    """Its carrier goes everywhere."""

    def check_out(self, who: Visitor, payment: Payment, *, wait: bool = False) -> OrderDetails:
        near: Mapping[str, Any] = {**(payment.address or {}), "country": "DE"}
        return super().check_out(who, attrs.evolve(payment, address=near), wait=wait)


@pytest.mark.parametrize(
    ("shop", "why"),
    [
        (OnlyTokens(), "does not take the sandbox's card"),
        (OnlyCards(), "declined the sandbox's card"),
        (RealCarrier(), "goes to Antarctica"),
    ],
)
def test_a_shop_whose_money_or_parcels_may_be_real_is_refused(shop: ServiceShop, why: str) -> None:
    assert why in (why_not_told(shop) or "")
    assert_nothing_is_on_sale(shop)


def test_nothing_is_told_to_a_shop_with_real_money(
    running_shop: RunningShop, tmp_path: Path
) -> None:
    page = tmp_path / "specs.html"
    ran = subprocess.run(
        [sys.executable, "-c", REAL_MONEY, running_shop.address, page],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (2, "commerce: its money may be real.\n")
    assert "scenarios" not in ran.stdout
    assert not page.exists()


def test_a_run_is_written_as_messages_and_as_one_page(
    running_shop: RunningShop, tmp_path: Path
) -> None:
    specs, run = tmp_path / "specs.html", tmp_path / "run.ndjson"
    ran = running_shop.command(
        "features", "--url", running_shop.address, "--name", "what cannot be sold",
        "--report", str(specs), "--messages", str(run),
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    kinds = [next(iter(json.loads(line))) for line in run.read_text().splitlines()]
    assert kinds[:3] == ["meta", "source", "gherkinDocument"]
    cases = kinds.count("pickle")
    assert cases == 10  # two outlines with five examples, and five scenarios
    assert kinds.count("testCase") == kinds.count("testCaseFinished") == cases
    assert kinds.count("testStepStarted") == kinds.count("testStepFinished")
    last = json.loads(run.read_text().splitlines()[-1])
    assert last["testRunFinished"]["success"] is True
    text = specs.read_text()
    assert "default-src 'none'" in text
    assert 'window.CUCUMBER_MESSAGES = [{"meta"' in text
    assert "{{" not in text.partition("<style>")[0]


def test_the_messages_of_a_run_say_which_step_failed_and_why() -> None:
    messages = Messages(
        features_folder(),
        frozenset({"cart/coupons.feature: A code that is too long for a coupon is refused"}),
    )
    (document,) = (e["gherkinDocument"] for e in messages.envelopes if "gherkinDocument" in e)
    (pickle,) = (e["pickle"] for e in messages.envelopes if "pickle" in e)
    steps = [SimpleNamespace(name=step["text"]) for step in pickle["steps"]]
    feature = SimpleNamespace(name=document["feature"]["name"])
    messages.pytest_bdd_before_scenario(feature, SimpleNamespace(name=pickle["name"], steps=steps))
    messages.pytest_bdd_before_step()
    messages.pytest_bdd_after_step()
    messages.pytest_bdd_before_step()
    messages.ended("failed", ["Given Sam sells", "that is not so"])
    messages.finish()
    results = [
        e["testStepFinished"]["testStepResult"]
        for e in messages.envelopes
        if "testStepFinished" in e
    ]
    assert [r["status"] for r in results] == ["PASSED", "FAILED"] + ["SKIPPED"] * (len(steps) - 2)
    assert results[1]["message"] == "Given Sam sells\nthat is not so"
    assert messages.envelopes[-1]["testRunFinished"]["success"] is False


def test_nothing_that_a_message_says_ends_the_script_of_the_page() -> None:
    text = page([{"source": {"data": "</script><b>{{script}}"}}], "Specs & <b>")
    assert "</script><b>" not in text
    assert "\\u003c/script>" in text
    assert "<title>Specs &amp; &lt;b></title>" in text


def test_the_formatter_is_the_one_that_was_published() -> None:
    folder = resources.files("commerce_testkit") / "cucumber_html"
    first, *lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert re.match(r"# @cucumber/html-formatter \d+\.\d+\.\d+ ", first)
    there = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
        if file.name != "SHA256SUMS"
    }
    assert there == {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert {"LICENSE", "main.js.LICENSE.txt"} < there.keys()
