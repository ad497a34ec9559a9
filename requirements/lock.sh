#!/usr/bin/env bash
# Resolve the dependencies of pyproject.toml and of requirements/*.in into exact versions with hashes.
# Locked versions stay where they still fit; `--upgrade` takes the newest ones.
set -euo pipefail
cd "$(dirname "$0")/.."
upgrade=("$@")

lock() {
  local name=$1
  shift
  uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
    --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
    "$@" --output-file "requirements/$name.txt"
}

# The lock of `dev` holds all the others that share an environment with it. It is resolved first, and the
# others take their versions from it.
lock dev pyproject.toml client/pyproject.toml --extra local --extra training --extra operate --extra images --group dev \
  "${upgrade[@]}"
for part in classify preprocess local training; do
  lock "$part" pyproject.toml --extra "$part" --constraint requirements/dev.txt
done
lock cuda pyproject.toml --extra training --extra cuda --constraint requirements/dev.txt
# Training that an MLflow server records, also in the image of deploy/training.
lock mlflow pyproject.toml --extra training --extra mlflow --constraint requirements/dev.txt
# The image of deploy/training on CUDA.
lock training-cuda pyproject.toml --extra training requirements/training-cuda.in --constraint requirements/dev.txt
lock client client/pyproject.toml --extra operate --extra images --constraint requirements/dev.txt
lock docs --group docs --constraint requirements/dev.txt
lock build requirements/build.in --constraint requirements/dev.txt
lock batch pyproject.toml --extra classify requirements/batch.in --constraint requirements/dev.txt
lock spark requirements/spark.in "${upgrade[@]}"

# `make notebook` installs the second, the tests the first.
lock notebook requirements/notebook.in --constraint requirements/dev.txt
lock jupyterlab requirements/jupyterlab.in --constraint requirements/notebook.txt \
  --constraint requirements/dev.txt
lock kubernetes requirements/kubernetes.in --constraint requirements/dev.txt

# `make serve RUNTIME=rie` installs these in environments of their own: the runtime client of AWS's images, and
# the SAM CLI for the emulator inside it, without the CLI's own dependencies.
lock runtime requirements/runtime.in "${upgrade[@]}"
lock emulator requirements/emulator.in --no-deps "${upgrade[@]}"
lock mermaid requirements/mermaid.in --no-deps "${upgrade[@]}"

# `make deploy`, `make template`, `make audit` and `make package` install these, each in an environment of its own.
lock sam requirements/sam.in --constraint requirements/emulator.txt "${upgrade[@]}"
lock checkov requirements/checkov.in "${upgrade[@]}"
lock audit requirements/audit.in "${upgrade[@]}"
lock package requirements/package.in --constraint requirements/build.txt "${upgrade[@]}"

# The bench installs each of its peers in an environment of its own.
for peer in keras onnxruntime openvino convert; do
  lock "bench-$peer" "requirements/bench-$peer.in" --constraint requirements/dev.txt
done
lock bench-tflite requirements/bench-tflite.in "${upgrade[@]}"
