"""The JavaScript client: its tests in Node, its types, and what it has in common with page and Python."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from frond_client import errors
from frond_client.exif import ExifTags, find_place
from tests.conftest import ROOT
from tests.support.waiting import HANG_S
from tests.unit.client.test_exif import PHOTOS, exif, photo
from tools.typescript_types import CONTRACT, TYPES, typescript_types

PACKAGE = ROOT / "client" / "javascript"
SOURCE = PACKAGE / "src"
# The checksums of PNG chunks, which the page leaves as they are.
CHECKSUM_BYTES = 4


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of photos with a place, and what the Python client reads from them."""
    expected: dict[str, Any] = {}
    for name, data in {**PHOTOS, "no clock": photo(exif=exif(taken_at="0000:00:00 00:00:00"))}.items():
        path = tmp_path / name
        path.write_bytes(data)
        tags = ExifTags.read([path])
        place = [[each.start, each.start + len(each.data)] for each in find_place(data)]
        expected[name] = {
            "tags": {
                "latitude": tags.latitude,
                "longitude": tags.longitude,
                **({"takenAt": tags.taken_at.isoformat()} if tags.taken_at else {}),
            },
            "spans": sorted([start, end] for start, end in place if end - start != CHECKSUM_BYTES),
        }
    (tmp_path / "expected.json").write_text(json.dumps(expected))
    return tmp_path


def test_the_tests_of_the_package_pass_in_node(photos: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("the tests of the JavaScript client need Node: apt-get install nodejs")
    run = subprocess.run(
        [node, "--test", "--test-reporter", "tap", "test/"],
        cwd=PACKAGE,
        env={"PATH": str(Path(node).parent), "FROND_PHOTOS": str(photos)},
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "# skipped 0" in run.stdout
    passed = re.search(r"^# pass (\d+)$", run.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) >= len(re.findall(r"^test\(", read("test/frond.test.js"), re.MULTILINE)) + 1


def read(path: str) -> str:
    return (PACKAGE / path).read_text(encoding="utf-8")


def test_the_types_are_those_of_the_contract() -> None:
    contract = json.loads(CONTRACT.read_text(encoding="utf-8"))
    assert TYPES.read_text(encoding="utf-8") == typescript_types(contract), "run `make contract`"


def test_every_call_of_the_contract_has_a_method() -> None:
    """Those that return pages and pictures for people have none."""
    contract = json.loads(CONTRACT.read_text(encoding="utf-8"))
    calls = {
        (method.upper(), re.sub(r"\{\w+\}", "*", path))
        for path, operations in contract["paths"].items()
        for method in operations.keys() & {"get", "put", "post", "delete"}
    }
    sent = re.findall(r'#(?:json|send)\("([A-Z]+)", (?:"([^"]+)"|([^,]+),)', read("src/frond.js"))
    paths = {
        "pathOf(id)": "/v1/classifications/*",
        "`${pathOf(id)}/feedback`": "/v1/classifications/*/feedback",
    }
    methods = {(method, path or paths[code]) for method, path, code in sent}
    assert methods <= calls
    assert {path for _, path in calls - methods} == {
        "/v1/species/*/photo",
        "/v1/species/*/photos/*",
        "/v1/model/report",
        "/v1/health",
    }


def test_every_query_parameter_of_the_contract_has_an_option() -> None:
    contract = json.loads(CONTRACT.read_text(encoding="utf-8"))
    names = {
        re.sub(r"[_-](\w)", lambda match: match[1].upper(), parameter["name"])
        for operations in contract["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] != "path"
    }
    options = set(re.findall(r"^  (\w+)\?:", read("src/index.d.ts"), re.MULTILINE))
    assert names - {"xApiKey"} <= options


def test_the_errors_are_those_of_the_python_client() -> None:
    pattern = r"export class (\w+) extends (\w+)"
    declared = re.findall(pattern, read("src/errors.js"))
    assert set(declared) == set(re.findall(pattern, read("src/index.d.ts")))
    bases = {"FrondError": "Exception"}
    for name, base in declared:
        assert getattr(errors, name).__base__.__name__ == bases.get(name, base)


def test_the_place_is_read_as_in_the_page() -> None:
    page = ROOT / "functions" / "classify" / "frond_classify" / "static" / "exif.js"
    assert (SOURCE / "exif.js").read_bytes() == page.read_bytes(), "copy the page's exif.js"


def test_the_package_has_its_files_and_no_dependencies() -> None:
    manifest = json.loads(read("package.json"))
    python = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (manifest["version"], manifest["license"]) == (python["version"], python["license"])
    assert not {name for name in manifest if name.lower().endswith("dependencies")}
    entry = manifest["exports"]["."]
    assert all((PACKAGE / path).is_file() for path in entry.values())
    assert manifest["files"] == ["src"]
    imported = {
        name
        for path in SOURCE.iterdir()
        for name in re.findall(r'from "([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert all(name.startswith("./") for name in imported)
    # The types of a module stand beside it.
    assert all(
        (SOURCE / name).is_file() or (SOURCE / name.replace(".js", ".d.ts")).is_file() for name in imported
    )
