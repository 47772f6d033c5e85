"""Traces are collected where somebody asked for it, and cost nothing else."""

import subprocess
import sys
from contextlib import ExitStack

import pytest

from commerce_bootstrap.builders import build_tracer
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import Settings, load_settings
from commerce_bootstrap.tracing import UNTRACED

STANDARD = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://standard:4318"}


def test_the_standard_variable_names_the_collector_and_ours_goes_before_it() -> None:
    assert load_settings({}).otlp_url == ""
    assert load_settings(STANDARD).otlp_url == "http://standard:4318"
    assert (
        load_settings(STANDARD | {"COMMERCE_OTLP_URL": "http://ours:4318"}).otlp_url
        == "http://ours:4318"
    )
    with pytest.raises(WrongSetting, match="COMMERCE_OTLP_URL must be an address"):
        load_settings({"COMMERCE_OTLP_URL": "ours"})


def test_without_a_collector_nothing_is_traced_and_the_collecting_library_is_not_loaded() -> None:
    with ExitStack() as closing:
        assert build_tracer(Settings(), "me", closing) is UNTRACED
    loaded = (
        "import sys, commerce_bootstrap.container, commerce_http.main, commerce_worker.main; "
        "print('opentelemetry.sdk' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_a_collector_without_the_library_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "commerce_bootstrap.otel", None)
    with (
        ExitStack() as closing,
        pytest.raises(
            WrongSetting, match=r"^COMMERCE_OTLP_URL: .* install commerce-core\[otel\]\.$"
        ),
    ):
        build_tracer(Settings(otlp_url="http://127.0.0.1:4318"), "me", closing)
