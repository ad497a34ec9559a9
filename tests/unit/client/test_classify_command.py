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
from tests.support.waiting import HANG_S
from tests.unit.client.conftest import Run
from tests.unit.client.fake_api import FakeApi, classification, photo, problem
from tests.unit.client.fake_stack import REGION, FakeStack

SPECIES = {"a.jpg": "zea-mays", "b.png": "galium-aparine", "sub/c.webp": "stellaria-media"}


@pytest.fixture
def walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with three photos in `walk`, one of them in a subfolder, and other files."""
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
def configured(service: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """The service of FROND_URL and FROND_KEY."""
    monkeypatch.setenv("FROND_URL", service.url)
    monkeypatch.setenv("FROND_KEY", "a-key")
    return service


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def files(result: Result) -> list[str]:
    return [file for line in lines(result) for file in line["files"]]


def test_the_default_output_is_a_table(walk: Path, configured: FakeApi, frond: Run) -> None:
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
    assert "1 file skipped: not named as photos." in result.stderr
    assert "Other species" in frond("classify", "walk/a.jpg", "--top", "2").stdout


def test_json_has_a_line_per_photo_with_the_whole_classification(
    walk: Path, configured: FakeApi, frond: Run
) -> None:
    result = frond("classify", "walk", "--json")

    assert result.exit_code == 0
    assert files(result) == [str(Path("walk", name)) for name in SPECIES]
    records = {record["id"]: record for record in configured.records}
    for line in lines(result):
        del line["files"]
        assert line == records[line["id"]]


def test_csv_has_a_row_per_photo(walk: Path, configured: FakeApi, frond: Run) -> None:
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
def test_files_folders_and_patterns_are_found(
    walk: Path, configured: FakeApi, frond: Run, given: list[str], found: list[str]
) -> None:
    (walk / "[1].jpg").write_bytes(photo("zea-mays"))
    if "[1]" not in given[0]:
        (walk / "[1].jpg").unlink()
    root = str(walk.parent)
    result = frond("classify", "--json", *(each.replace("{root}", root) for each in given))
    assert result.exit_code == 0, result.output
    assert files(result) == [each.replace("{root}", root) for each in found]


def test_results_have_the_order_of_the_photos(walk: Path, configured: FakeApi, frond: Run) -> None:
    names = [f"walk/{number:02}.jpg" for number in range(20)]
    for name in names:
        Path(name).write_bytes(photo("zea-mays"))
    configured.responses = [(429, {"Retry-After": "0"}, b"{}"), None]
    assert files(frond("classify", "--json", "--workers", "8", *reversed(names))) == names[::-1]


def test_photos_of_one_plant_are_one_request(walk: Path, configured: FakeApi, frond: Run) -> None:
    result = frond("classify", "walk", "--together", "--json", "--lang", "fr", "--explain", "--top", "3")

    (line,) = lines(result)
    assert len(line["files"]) == 3
    assert [each["predictions"][0]["species"] for each in line["images"]] == list(SPECIES.values())
    (request,) = configured.requests
    assert request.query == {"top": "3", "lang": "fr", "explain": "true"}
    assert (
        "walk/a.jpg; walk/b.png; walk/sub/c.webp,," in frond("classify", "walk", "--together", "--csv").stdout
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["walk", "--together"], "takes 5 photos of a plant at most, not 6"),
        (["walk", "--json", "--csv"], "Choose one of --json, --csv and --geojson"),
        (["walk", "--csv", "--explain"], "CSV and GeoJSON have no column for --explain"),
        (["walk", "--top", "13"], "less than or equal to 12"),
        (["walk", "--lang", "xx"], "'xx' is not one of en, es, fr."),
        (["walk", "--stack", "s", "--url", "http://x.test"], "Choose one of --url and --stack"),
    ],
)
def test_contradictory_options_are_rejected(
    walk: Path, configured: FakeApi, frond: Run, options: list[str], message: str
) -> None:
    for number in range(3):
        (walk / f"{number}.jpg").write_bytes(photo("zea-mays"))
    result = frond("classify", *options)
    assert result.exit_code == 2
    assert message in " ".join(re.sub("[│╭╮╰╯─]", " ", result.stderr).split())
    assert configured.requests == []


def test_a_photo_that_fails_is_reported_and_the_others_continue(
    walk: Path, configured: FakeApi, frond: Run
) -> None:
    (walk / "a.jpg").write_bytes(b"damaged")
    given = ["walk/a.jpg", "walk/nothing.jpg", "walk/b.png"]
    result = frond("classify", "--json", *given)

    assert result.exit_code == 1
    assert files(result) == given
    invalid, missing, succeeded = lines(result)
    assert (invalid["status"], invalid["error"]["type"]) == ("failed", "urn:frond:problem:unsupported-format")
    assert missing["error"]["detail"] == "It cannot be read: No such file or directory."
    assert succeeded["predictions"][0]["species"] == "galium-aparine"
    assert (
        "1 photo could not be classified: It is unsupported-format. Do that.\n  walk/a.jpg" in result.stderr
    )
    assert "walk/nothing.jpg" in result.stderr

    table = frond("classify", *given)
    assert (table.exit_code, table.stdout.count("failed")) == (1, 2)
    rows = list(csv.DictReader(io.StringIO(frond("classify", "--csv", *given).stdout)))
    assert [row["status"] for row in rows] == ["failed", "failed", "succeeded"]
    assert rows[0]["error"] == "Do that."


def test_an_error_that_fails_every_request_ends_the_command(
    walk: Path, configured: FakeApi, frond: Run
) -> None:
    configured.responses = [problem(403, "missing-key")] * 9
    result = frond("classify", "walk", "--json", "--workers", "1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith(
        "Error: The API refuses the key. Is it the key of this stack, and is it enabled?\n"
    )
    assert len(configured.requests) == 1


def test_earlier_results_are_printed_before_the_error(walk: Path, configured: FakeApi, frond: Run) -> None:
    body = json.dumps(classification("x", ["zea-mays"])).encode()
    configured.responses = [(200, {}, body), problem(429, "quota-exceeded")]
    result = frond("classify", "walk", "--workers", "1")
    assert result.exit_code == 1
    assert "Zea mays" in result.stdout
    assert "Error: The API answered 429: Do that." in result.stderr


def test_the_table_fits_a_terminal_of_80_columns(walk: Path, configured: FakeApi, frond: Run) -> None:
    long = walk / f"{'a long name ' * 6}.jpg"
    long.write_bytes(photo("alopecurus-myosuroides-var-versicolor"))
    document = classification("x", ["alopecurus-myosuroides"], verdict="not_recognised")
    advice = "Hold the camera still, and photograph the plant in daylight from above."
    document["images"][0]["issues"] = [{"issue": "blurred", "advice": advice}]
    configured.responses = [(200, {}, json.dumps(document).encode())]
    shown = frond("classify", long).stdout.splitlines()
    assert "advice" in shown[1]
    assert max(map(len, shown)) <= 80


def test_the_table_has_advice_if_there_is_any(walk: Path, configured: FakeApi, frond: Run) -> None:
    document = classification("x", ["zea-mays"], verdict="not_recognised")
    document["images"][0]["issues"] = [{"issue": "blurred", "advice": "Hold it still."}]
    configured.responses = [(200, {}, json.dumps(document).encode())]
    shown = " ".join(frond("classify", "walk/a.jpg").stdout.split())
    assert "advice" in shown
    assert "not recognised" in shown
    assert "Hold it still." in shown
    assert "advice" not in frond("classify", "walk/a.jpg").stdout


def test_the_activation_map_is_drawn(walk: Path, configured: FakeApi, frond: Run) -> None:
    document = classification("x", ["zea-mays"], evidence=[[0, 1], [0.5, 0]])
    configured.responses = [(200, {}, json.dumps(document).encode())]
    result = frond("classify", "walk/a.jpg", "--explain")
    assert result.stdout.endswith("walk/a.jpg: where Zea mays (the zea-mays) was seen\n  ██\n▒▒\n")


def test_a_large_photo_is_uploaded_to_s3(
    walk: Path, configured: FakeApi, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MAX_REQUEST_BYTES", 1000)
    (walk / "large.jpg").write_bytes(photo("zea-mays", 1001))
    (small, large) = lines(frond("classify", "--json", "walk/a.jpg", "walk/large.jpg"))
    assert (small["source"]["door"], large["source"]["door"]) == ("http", "s3")


def test_no_photos_is_an_error(walk: Path, configured: FakeApi, frond: Run) -> None:
    (walk / "empty").mkdir()
    for given in (["walk/empty"], ["walk/*.txt"], ["walk/*.tiff"]):
        result = frond("classify", *given)
        assert result.exit_code == 1
        assert f"There are no photos in {given[0]}" in result.stderr


def test_an_unreadable_folder_is_reported(
    walk: Path, configured: FakeApi, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def failing(path: Any) -> Any:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    result = frond("classify", "--json", "walk")
    assert result.exit_code == 1
    assert files(result) == ["walk/a.jpg", "walk/b.png"]
    assert "It cannot be read: Permission denied.\n  walk/sub" in result.stderr


def test_a_file_name_may_not_be_utf8(walk: Path, configured: FakeApi, frond: Run) -> None:
    odd = os.fsdecode(b"walk/\xff\xe4.jpg")
    try:
        Path(odd).write_bytes(photo("zea-mays"))
    except OSError:
        pytest.skip("this file system has no such names")
    for form in ("--json", "--csv"):
        result = frond("classify", odd, form)
        assert result.exit_code == 0
        assert "walk/??.jpg" in result.stdout


def test_the_local_stack_is_found(stack: FakeStack, api: FakeApi, frond: Run) -> None:
    (stack.folder / "a.jpg").write_bytes(photo("zea-mays"))
    (line,) = lines(frond("classify", "--json", "a.jpg"))
    assert line["predictions"][0]["species"] == "zea-mays"
    assert api.keys == {"a-key"}


def test_a_deployed_stack_is_found_by_its_name(
    walk: Path, service: FakeApi, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        key = boto3.client("apigateway").create_api_key(name="frond", value="the-key-of-this-very-stack")
        outputs = {"ApiUrl": {"Value": service.url}, "ApiKeyId": {"Value": key["id"]}}
        template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
        boto3.client("cloudformation").create_stack(StackName="frond-prod", TemplateBody=json.dumps(template))
        # Options take precedence over the environment.
        monkeypatch.setenv("FROND_URL", "http://127.0.0.1:9")
        result = frond("classify", "--json", "walk/a.jpg", "--stack", "frond-prod")
    assert result.exit_code == 0, result.output
    assert service.keys == {"the-key-of-this-very-stack"}


def run(
    *arguments: str, service: FakeApi, cwd: Path, code: str = "", stderr: int = subprocess.PIPE
) -> subprocess.Popen[str]:
    """Start the command in its own process, after running the code there."""
    start = f"{code}\nfrom frond_client.__main__ import main; main()"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.Popen(
        [sys.executable, "-c", start, *arguments],
        env={**environment, "PYTHONPATH": str(ROOT / "client"), "FROND_URL": service.url, "FROND_KEY": "k"},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        # Background jobs of a shell ignore SIGINT, and so do the processes that they start.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no other threads
    )


NO_BOTO3 = "import sys; sys.modules['boto3'] = sys.modules['botocore'] = None"


def test_classify_does_not_need_boto3(walk: Path, service: FakeApi) -> None:
    process = run("classify", "walk", "--json", service=service, cwd=walk.parent, code=NO_BOTO3)
    out, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 0, err
    assert len(out.splitlines()) == 3


@pytest.mark.parametrize(
    "command", [["upload", "walk"], ["dlq", "list"], ["reconcile"], ["classify", "walk", "--stack", "s"]]
)
def test_a_missing_boto3_is_reported(walk: Path, service: FakeApi, command: list[str]) -> None:
    process = run(*command, service=service, cwd=walk.parent, code=NO_BOTO3)
    _, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 1
    assert "This needs boto3" in err
    assert "Traceback" not in err


def test_the_progress_bar_is_on_the_terminal_and_results_on_standard_output(
    walk: Path, service: FakeApi
) -> None:
    ours, terminal = pty.openpty()
    process = run("classify", "walk", "--json", service=service, cwd=walk.parent, stderr=terminal)
    os.close(terminal)
    out, _ = process.communicate(timeout=HANG_S)
    shown = b""
    # Reading a closed terminal ends with an error.
    with suppress(OSError):
        while chunk := os.read(ours, 4096):
            shown += chunk
    os.close(ours)
    assert process.returncode == 0
    assert [json.loads(line)["status"] for line in out.splitlines()] == ["succeeded"] * 3
    assert b"Classified" in shown
    assert b"3/3" in shown
    assert b"zea-mays" not in shown


def test_ctrl_c_ends_the_command_at_once_after_the_finished_results(walk: Path, service: FakeApi) -> None:
    body = json.dumps(classification("x", ["zea-mays"])).encode()
    service.responses = [(200, {}, body), *[(429, {"Retry-After": "60"}, b"{}")] * 9]
    process = run("classify", "walk", "--json", "--workers", "1", service=service, cwd=walk.parent)
    deadline = time.monotonic() + HANG_S
    while len(service.requests) < 2:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 130, err
    # It waited for no delay of a minute, after which it sends the next request.
    assert len(service.requests) == 2
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["x"]
    assert "Stopped." in err
    assert "Traceback" not in err


def test_a_closed_pipe_causes_no_traceback(walk: Path, service: FakeApi) -> None:
    process = run("classify", "walk", "--json", "--workers", "1", service=service, cwd=walk.parent)
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(HANG_S) == 1
    assert "Traceback" not in err
