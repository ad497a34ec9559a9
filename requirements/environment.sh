#!/bin/sh
# Create a virtual environment: requirements/environment.sh PYTHON FOLDER. Nothing of an earlier attempt remains.
python=$1
folder=$2

fail() {
  echo "$1" >&2
  exit 1
}

command -v "$python" > /dev/null || fail "There is no $python. Install Python 3.11 to 3.13 (Debian, Ubuntu: \
sudo apt install python3 python3-venv), or name yours: make PYTHON=/path/to/python3 …"
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
  fail "Frond needs Python 3.11 to 3.13; name one: make PYTHON=python3.13 …"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
# Debian and Ubuntu have both modules in a package of their own.
"$python" -c 'import ensurepip, venv' 2> /dev/null ||
  fail "$python cannot create virtual environments: its modules venv and ensurepip are missing. Install them \
(Debian, Ubuntu: sudo apt install python$version-venv), then run the same command again."

echo "Creating $folder with Python $version …"
output=$("$python" -m venv --clear "$folder" 2>&1) || {
  echo "$output" >&2
  fail "$folder could not be created. Mend the above (is the disk full?), then run the same command again."
}
