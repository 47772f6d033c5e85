#!/usr/bin/env bash
# Write dev.txt, run.txt and lowest.txt anew from pyproject.toml. What is locked stays as it is unless it is named: lock.sh -P NAME
set -euo pipefail
cd "$(dirname "$0")/.."
lock() {
    local file=$1
    shift
    uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header --no-annotate --quiet --output-file "requirements/$file" "$@" > /dev/null
}
lock dev.txt --extra all --group dev "$@"
lock run.txt --extra cli --extra postgres --extra opensearch --extra rabbitmq --extra stripe --extra recommendations --extra s3 --extra otel --group build --constraint requirements/dev.txt
# What `make lowest` tests with: the lower bounds themselves, and what they need at its newest.
lock lowest.txt --extra all --group test --resolution lowest-direct --upgrade
