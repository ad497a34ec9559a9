"""`frond classify`: photos in, a table, JSON or CSV out."""

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import Result

from frond_client import calls
from tests.conftest import ROOT
from tests.unit.client.conftest import Run
from tests.unit.client.small_api import SmallApi, classification, photo, problem
from tests.unit.client.small_stack import REGION, SmallStack

SPECIES = {"a.jpg": "zea-mays", "b.png": "galium-aparine", "sub/c.webp": "stellaria-media"}


@pytest.fixture
def walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the command runs in: three photos in `walk`, one of them deeper, and other files."""
    folder = tmp_path / "walk"
    (folder / "sub").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    for name, species in SPECIES.items():
        (folder / name).write_bytes(photo(species))
    (folder / ".hidden" / "d.jpg").write_bytes(photo("hidden"))
    (folder / "notes.txt").write_text("field 7")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def named(service: SmallApi, monkeypatch: pytest.MonkeyPatch) -> SmallApi:
    """The service, which the environment names."""
    monkeypatch.setenv("FROND_URL", service.url)
    monkeypatch.setenv("FROND_KEY", "a-key")
    return service


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def files(result: Result) -> list[str]:
    return [file for line in lines(result) for file in line["files"]]


def test_a_table_for_people(walk: Path, named: SmallApi, frond: Run) -> None:
    result = frond("classify", "walk")

    assert result.exit_code == 0, result.output
    for cell in (
        "a.jpg",
        "Zea mays (the zea-mays)",
        "identified",
        "0.900",
        "Galium aparine",
        "Stellaria media",
    ):
        assert cell in " ".join(result.stdout.split())
    assert "Other species" not in result.stdout
    assert "hidden" not in result.stdout
    assert "1 file passed over, not named as photos." in result.stderr
    assert "Other species" in frond("classify", "walk/a.jpg", "--top", "2").stdout


def test_json_is_a_line_a_photo_with_all_that_is_known(walk: Path, named: SmallApi, frond: Run) -> None:
    result = frond("classify", "walk", "--json")

    assert result.exit_code == 0
    assert files(result) == [str(Path("walk", name)) for name in SPECIES]
    kept = {record["id"]: record for record in named.records}
    for line in lines(result):
        del line["files"]
        assert line == kept[line["id"]]


def test_csv_is_a_row_a_photo(walk: Path, named: SmallApi, frond: Run) -> None:
    result = frond("classify", "walk", "--csv")

    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["file"], row["species"], row["confidence"]) for row in rows] == [
        (f"walk/{name}", species, "0.9") for name, species in SPECIES.items()
    ]
    assert {row["status"] for row in rows} == {"succeeded"}
    assert "Classified" not in result.stderr


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["walk/b.png", "walk/a.jpg"], ["walk/b.png", "walk/a.jpg"]),
        (["walk/a.jpg", "walk"], ["walk/a.jpg", "walk/b.png", "walk/sub/c.webp"]),
        (["walk/*"], ["walk/a.jpg", "walk/b.png", "walk/sub/c.webp"]),
        (["walk/**/*.webp"], ["walk/sub/c.webp"]),
        (["{root}/walk/[ab].*"], ["{root}/walk/a.jpg", "{root}/walk/b.png"]),
        (["walk/[1].jpg"], ["walk/[1].jpg"]),
    ],
)
def test_files_folders_and_patterns(
    walk: Path, named: SmallApi, frond: Run, given: list[str], found: list[str]
) -> None:
    (walk / "[1].jpg").write_bytes(photo("zea-mays"))
    if "[1]" not in given[0]:
        (walk / "[1].jpg").unlink()
    root = str(walk.parent)
    result = frond("classify", "--json", *(each.replace("{root}", root) for each in given))
    assert result.exit_code == 0, result.output
    assert files(result) == [each.replace("{root}", root) for each in found]


def test_results_keep_the_order_of_the_photos(walk: Path, named: SmallApi, frond: Run) -> None:
    names = [f"walk/{number:02}.jpg" for number in range(20)]
    for name in names:
        Path(name).write_bytes(photo("zea-mays"))
    named.first = [(429, {"Retry-After": "0"}, b"{}"), None]
    assert files(frond("classify", "--json", "--workers", "8", *reversed(names))) == names[::-1]


def test_photos_of_one_plant_are_one_question(walk: Path, named: SmallApi, frond: Run) -> None:
    result = frond("classify", "walk", "--together", "--json", "--lang", "fr", "--explain", "--top", "3")

    (line,) = lines(result)
    assert len(line["files"]) == 3
    assert [each["predictions"][0]["species"] for each in line["images"]] == list(SPECIES.values())
    (asked,) = named.requests
    assert asked.query == {"top": "3", "lang": "fr", "explain": "true"}
    assert (
        "walk/a.jpg; walk/b.png; walk/sub/c.webp,," in frond("classify", "walk", "--together", "--csv").stdout
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["walk", "--together"], "takes 5 photos of a plant at most, and these are 6"),
        (["walk", "--json", "--csv"], "Choose one of --json and --csv"),
        (["walk", "--csv", "--explain"], "CSV has no place for --explain"),
        (["walk", "--top", "13"], "less than or equal to 12"),
        (["walk", "--stack", "s", "--url", "http://x.test"], "Choose one of --url and --stack"),
    ],
)
def test_what_cannot_be_meant(walk: Path, named: SmallApi, frond: Run, options: list[str], said: str) -> None:
    for number in range(3):
        (walk / f"{number}.jpg").write_bytes(photo("zea-mays"))
    result = frond("classify", *options)
    assert result.exit_code == 2
    assert said in " ".join(re.sub("[│╭╮╰╯─]", " ", result.stderr).split())
    assert named.requests == []


def test_one_that_fails_is_named_and_the_others_go_on(walk: Path, named: SmallApi, frond: Run) -> None:
    (walk / "a.jpg").write_bytes(b"damaged")
    given = ["walk/a.jpg", "walk/nothing.jpg", "walk/b.png"]
    result = frond("classify", "--json", *given)

    assert result.exit_code == 1
    assert files(result) == given
    refused, missing, answered = lines(result)
    assert (refused["status"], refused["error"]["type"]) == ("failed", "urn:frond:problem:unsupported-format")
    assert missing["error"]["detail"] == "It cannot be read: No such file or directory."
    assert answered["predictions"][0]["species"] == "galium-aparine"
    assert (
        "1 photo could not be classified: It is unsupported-format. Do that.\n  walk/a.jpg" in result.stderr
    )
    assert "walk/nothing.jpg" in result.stderr

    table = frond("classify", *given)
    assert (table.exit_code, table.stdout.count("failed")) == (1, 2)
    rows = list(csv.DictReader(io.StringIO(frond("classify", "--csv", *given).stdout)))
    assert [row["status"] for row in rows] == ["failed", "failed", "succeeded"]
    assert rows[0]["error"] == "Do that."


def test_what_is_so_for_all_ends_it(walk: Path, named: SmallApi, frond: Run) -> None:
    named.first = [problem(403, "missing-key")] * 9
    result = frond("classify", "walk", "--json", "--workers", "1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith(
        "Error: The API refuses the key. Is it the key of this stack, and is it enabled?\n"
    )
    assert len(named.requests) == 1


def test_what_came_before_is_shown(walk: Path, named: SmallApi, frond: Run) -> None:
    answer = json.dumps(classification("x", ["zea-mays"])).encode()
    named.first = [(200, {}, answer), problem(429, "quota-exceeded")]
    result = frond("classify", "walk", "--workers", "1")
    assert result.exit_code == 1
    assert "Zea mays" in result.stdout
    assert "Error: The API answered 429: Do that." in result.stderr


def test_advice_is_shown_where_there_is_any(walk: Path, named: SmallApi, frond: Run) -> None:
    answer = classification("x", ["zea-mays"], verdict="not_recognised")
    answer["images"][0]["issues"] = [{"issue": "blurred", "advice": "Hold it still."}]
    named.first = [(200, {}, json.dumps(answer).encode())]
    shown = " ".join(frond("classify", "walk/a.jpg").stdout.split())
    assert "advice" in shown
    assert "not recognised" in shown
    assert "Hold it still." in shown
    assert "advice" not in frond("classify", "walk/a.jpg").stdout


def test_where_it_was_seen_is_drawn(walk: Path, named: SmallApi, frond: Run) -> None:
    answer = classification("x", ["zea-mays"], evidence=[[0, 1], [0.5, 0]])
    named.first = [(200, {}, json.dumps(answer).encode())]
    result = frond("classify", "walk/a.jpg", "--explain")
    assert result.stdout.endswith("walk/a.jpg: where Zea mays (the zea-mays) was seen\n  ██\n▒▒\n")


def test_a_large_photo_takes_the_other_door(
    walk: Path, named: SmallApi, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MOST_BYTES_OF_A_REQUEST", 1000)
    (walk / "large.jpg").write_bytes(photo("zea-mays", 1001))
    (small, large) = lines(frond("classify", "--json", "walk/a.jpg", "walk/large.jpg"))
    assert (small["source"]["door"], large["source"]["door"]) == ("http", "s3")


def test_nothing_to_classify(walk: Path, named: SmallApi, frond: Run) -> None:
    (walk / "empty").mkdir()
    for given in (["walk/empty"], ["walk/*.txt"], ["walk/*.tiff"]):
        result = frond("classify", *given)
        assert result.exit_code == 1
        assert f"There are no photos in {given[0]}" in result.stderr


def test_a_folder_that_cannot_be_read_is_named(
    walk: Path, named: SmallApi, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refusing(path: Any) -> Any:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    result = frond("classify", "--json", "walk")
    assert result.exit_code == 1
    assert files(result) == ["walk/a.jpg", "walk/b.png"]
    assert "It cannot be read: Permission denied.\n  walk/sub" in result.stderr


def test_names_that_are_no_text(walk: Path, named: SmallApi, frond: Run) -> None:
    odd = os.fsdecode(b"walk/\xff\xe4.jpg")
    try:
        Path(odd).write_bytes(photo("zea-mays"))
    except OSError:
        pytest.skip("this file system has no such names")
    for form in ("--json", "--csv"):
        result = frond("classify", odd, form)
        assert result.exit_code == 0
        assert "walk/??.jpg" in result.stdout


def test_the_local_stack_is_found(stack: SmallStack, api: SmallApi, frond: Run) -> None:
    (stack.folder / "a.jpg").write_bytes(photo("zea-mays"))
    (line,) = lines(frond("classify", "--json", "a.jpg"))
    assert line["predictions"][0]["species"] == "zea-mays"
    assert api.keys == {"a-key"}


def test_a_deployed_stack_is_found_by_its_name(
    walk: Path, service: SmallApi, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        key = boto3.client("apigateway").create_api_key(name="frond", value="the-key-of-this-very-stack")
        outputs = {"ApiUrl": {"Value": service.url}, "ApiKeyId": {"Value": key["id"]}}
        template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
        boto3.client("cloudformation").create_stack(StackName="frond-prod", TemplateBody=json.dumps(template))
        # What is typed counts for more than what the environment says.
        monkeypatch.setenv("FROND_URL", "http://127.0.0.1:9")
        result = frond("classify", "--json", "walk/a.jpg", "--stack", "frond-prod")
    assert result.exit_code == 0, result.output
    assert service.keys == {"the-key-of-this-very-stack"}


def run(
    *arguments: str, service: SmallApi, cwd: Path, code: str = "", stderr: int = subprocess.PIPE
) -> subprocess.Popen[str]:
    """Start the command in a process of its own; the code runs there first."""
    start = f"{code}\nfrom frond_client.__main__ import main; main()"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.Popen(
        [sys.executable, "-c", start, *arguments],
        env={**environment, "PYTHONPATH": str(ROOT / "client"), "FROND_URL": service.url, "FROND_KEY": "k"},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        # A shell that runs the tests in its background has them, and what they start, ignore Ctrl-C.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - nothing else in it
    )


NO_BOTO3 = "import sys; sys.modules['boto3'] = sys.modules['botocore'] = None"


def test_it_needs_nothing_of_aws(walk: Path, service: SmallApi) -> None:
    process = run("classify", "walk", "--json", service=service, cwd=walk.parent, code=NO_BOTO3)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert len(out.splitlines()) == 3


@pytest.mark.parametrize(
    "command", [["upload", "walk"], ["dlq", "list"], ["reconcile"], ["classify", "walk", "--stack", "s"]]
)
def test_what_needs_aws_says_so(walk: Path, service: SmallApi, command: list[str]) -> None:
    process = run(*command, service=service, cwd=walk.parent, code=NO_BOTO3)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "This needs the library of AWS, boto3" in err
    assert "Traceback" not in err


def test_a_terminal_has_a_bar_and_results_go_where_they_are_sent(walk: Path, service: SmallApi) -> None:
    ours, terminal = pty.openpty()
    process = run("classify", "walk", "--json", service=service, cwd=walk.parent, stderr=terminal)
    os.close(terminal)
    out, _ = process.communicate(timeout=60)
    shown = b""
    # At its end a terminal that nobody has open any more answers with a fault.
    with suppress(OSError):
        while some := os.read(ours, 4096):
            shown += some
    os.close(ours)
    assert process.returncode == 0
    assert [json.loads(line)["status"] for line in out.splitlines()] == ["succeeded"] * 3
    assert b"Classified" in shown
    assert b"3/3" in shown
    assert b"zea-mays" not in shown


def test_ctrl_c_ends_it_at_once_and_keeps_what_came(walk: Path, service: SmallApi) -> None:
    answer = json.dumps(classification("x", ["zea-mays"])).encode()
    service.first = [(200, {}, answer), *[(429, {"Retry-After": "60"}, b"{}")] * 9]
    process = run("classify", "walk", "--json", "--workers", "1", service=service, cwd=walk.parent)
    deadline = time.monotonic() + 60
    while len(service.requests) < 2:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    begin = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert time.monotonic() - begin < 10
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["x"]
    assert "Stopped." in err
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_fault_to_tell(walk: Path, service: SmallApi) -> None:
    process = run("classify", "walk", "--json", "--workers", "1", service=service, cwd=walk.parent)
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert "Traceback" not in err
