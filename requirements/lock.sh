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
for list in classify preprocess local training client; do
  lock "$list.in" --constraint dev.txt --output-file "$list.txt"
done

# Two that run under `make serve RUNTIME=rie` in environments of their own: what a function's image
# brings itself, and the SAM CLI for the emulator inside it, without what the CLI needs to run.
lock runtime.in --output-file runtime.txt
lock emulator.in --no-deps --output-file emulator.txt

# Those that the bench compares with, each installed apart from all others.
for list in keras onnxruntime openvino convert; do
  lock "bench-$list.in" --constraint dev.txt --output-file "bench-$list.txt"
done
lock bench-tflite.in --output-file bench-tflite.txt
