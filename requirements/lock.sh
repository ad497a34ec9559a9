#!/usr/bin/env bash
# Resolve every list of requirements into exact versions with hashes. The tests' list holds all the
# others, so it is resolved first and the others take their versions from it.
set -euo pipefail
cd "$(dirname "$0")"

lock() {
  uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
    --generate-hashes --no-emit-index-url --no-emit-find-links --no-header "$@"
}

lock dev.in --output-file dev.txt --upgrade
for list in classify preprocess local training; do
  lock "$list.in" --constraint dev.txt --output-file "$list.txt"
done
