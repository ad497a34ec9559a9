#!/usr/bin/env bash
# Build a replacement for AWS's Python base image on a machine without access to its registry: Debian with the
# Lambda runtime client, the emulator, and the same entry point, paths and variables.
# Run as root, with debootstrap, Docker and pip: stand_in_base.sh [IMAGE]
set -euo pipefail

image=${1:-public.ecr.aws/lambda/python:3.13}
requirements=$(dirname "$0")/../../../requirements
machine=$(uname -m)
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT
root=$work/root

# Debian 13 has Python 3.13, like the base image.
debootstrap --variant=minbase --include=python3,python3-pip,libstdc++6,ca-certificates trixie "$root"
# AWS's image lacks these too.
rm "$root"/usr/bin/{find,xargs,tar} "$root"/usr/sbin/{useradd,groupadd}

# pip in the image uses the package index of this machine.
cp --dereference "${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}" "$root/etc/ssl/certs/ca-certificates.crt"
index=$(python3 -m pip config get global.index-url 2> /dev/null || true)

mkdir -p "$root"/var/{lang/bin,runtime,task}
ln -s /usr/bin/python3 "$root/var/lang/bin/python3.13"
ln -s python3.13 "$root/var/lang/bin/python3"
ln -s python3.13 "$root/var/lang/bin/python"
ln -s /usr/bin/pip3 "$root/var/lang/bin/pip"

python3 -m pip install --quiet --require-hashes --only-binary :all: --python-version 3.13 \
  --platform "manylinux2014_$machine" --target "$root/var/runtime" -r "$requirements/runtime.txt"
python3 -m pip install --quiet --require-hashes --no-deps --target "$work/sam" -r "$requirements/emulator.txt"
install -m 755 "$work/sam/samcli/local/rapid/aws-lambda-rie-${machine/aarch64/arm64}" \
  "$root/usr/local/bin/aws-lambda-rie"

install -m 755 /dev/stdin "$root/var/runtime/bootstrap" << 'END'
#!/bin/bash
export AWS_EXECUTION_ENV=AWS_Lambda_python3.13
export PYTHONPATH=/var/task:/opt/python:/var/runtime
exec /var/lang/bin/python3.13 -m awslambdaric "$_HANDLER"
END
install -m 755 /dev/stdin "$root/lambda-entrypoint.sh" << 'END'
#!/bin/sh
if [ $# -ne 1 ]; then
  echo "entrypoint requires the handler name to be the first argument" 1>&2
  exit 142
fi
export _HANDLER="$1"
if [ -z "$AWS_LAMBDA_RUNTIME_API" ]; then
  exec /usr/local/bin/aws-lambda-rie /var/runtime/bootstrap
fi
exec /var/runtime/bootstrap
END

tar --create --directory "$root" --exclude ./var/cache/apt --exclude ./var/lib/apt/lists . |
  docker import \
    --change "ENV PATH=/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin" \
    --change "ENV LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib" \
    --change "ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime LANG=C.UTF-8 TZ=:/etc/localtime" \
    --change "ENV ${index:+PIP_INDEX_URL=$index }PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_BREAK_SYSTEM_PACKAGES=1" \
    --change "WORKDIR /var/task" \
    --change 'ENTRYPOINT ["/lambda-entrypoint.sh"]' \
    - "$image"
