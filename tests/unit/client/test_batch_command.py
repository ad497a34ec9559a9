"""`frond batch`: estimate, submit, watch and fetch a job on a fake EMR Serverless."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from frond_client.batches import batch_job
from frond_client.batches.batch_cost import estimate_cost
from frond_client.costs.prices import PriceList
from frond_client.errors import FrondError
from tests.conftest import ROOT
from tests.unit.client.conftest import Run
from tests.unit.client.fake_stack import ACCOUNT, ELSEWHERE, REGION, FakeStack

PHOTOS, OUT = f"s3://{ELSEWHERE}/fruits", f"s3://{ELSEWHERE}/batch/1"
STACK = "frond-batch"


@pytest.fixture
def emr(stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """EMR Serverless, with the outputs of batch.yaml and three photos."""
    client = stack.client("emr-serverless")
    # Moto knows no label of release 8.
    created = client.create_application(name=STACK, releaseLabel="emr-6.6.0", type="SPARK")
    outputs = {
        "ApplicationId": created["applicationId"],
        "JobRoleArn": f"arn:aws:iam::{ACCOUNT}:role/frond-batch-job",
        "MaximumVcpus": "16",
    }
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    stack.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    for key in ("fruits/a.jpg", "fruits/red/b.PNG", "fruits/red/c.webp", "fruits/notes.txt", "fruits2/d.jpg"):
        stack.s3.put_object(Bucket=ELSEWHERE, Key=key, Body=b"123")
    for name, value in {
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }.items():
        monkeypatch.setenv(name, value)
    return client


def job_runs(emr: Any) -> list[dict[str, Any]]:
    (application,) = emr.list_applications()["applications"]
    try:
        runs = emr.list_job_runs(applicationId=application["id"])["jobRuns"]
    except emr.exceptions.ResourceNotFoundException:  # Moto's answer where there are none
        return []
    return [emr.get_job_run(applicationId=application["id"], jobRunId=each["id"])["jobRun"] for each in runs]


def put(stack: FakeStack, name: str, content: str) -> None:
    stack.s3.put_object(Bucket=ELSEWHERE, Key=f"batch/1/{name}", Body=content.encode())


def report_state(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    """Let the fake, whose jobs end at once and for free, report a state and what a job has cost."""

    def describe(*_: object) -> dict[str, Any]:
        return {"state": state, "billedResourceUtilization": {"vCPUHour": 10.0, "memoryGBHour": 40.0}}

    monkeypatch.setattr(batch_job, "_describe", describe)


@pytest.mark.usefixtures("emr")
def test_the_estimate_comes_before_the_job(frond: Run, emr: Any) -> None:
    result = frond("batch", "submit", PHOTOS, "--out", OUT, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "3 photos: about $0.00" in result.output
    assert "cancelled after" in result.output
    assert job_runs(emr) == []


def test_a_submitted_job_has_a_time_limit_and_the_paths_of_the_image(
    frond: Run, emr: Any, stack: FakeStack
) -> None:
    result = frond("batch", "submit", PHOTOS, "--out", f"{OUT}/", "--max-dollars", "2", "--features")
    assert result.exit_code == 0, result.output
    (run,) = job_runs(emr)
    # 2 dollars buy 16 vCPUs with 64 GB for 99 minutes.
    assert run["executionTimeoutMinutes"] == 99
    submit = run["jobDriver"]["sparkSubmit"]
    assert submit["entryPointArguments"][:3] == [PHOTOS, OUT, "--cluster"]
    dockerfile = (ROOT / "batch" / "Dockerfile").read_text()
    assert "WORKDIR /opt/frond" in dockerfile
    assert submit["entryPoint"] == "local:///opt/frond/job.py"
    assert "src/batch/job.py job.py" in dockerfile
    assert set(re.findall(r"PYTHON=(\S+)", submit["sparkSubmitParameters"])) == {"/opt/frond/venv/bin/python"}
    kept = json.loads(stack.s3.get_object(Bucket=ELSEWHERE, Key="batch/1/job.json")["Body"].read())
    assert (kept["job_run_id"], kept["photos"]) == (run["jobRunId"], 3)


@pytest.mark.usefixtures("emr")
def test_status_counts_chunks_and_dollars(
    frond: Run, stack: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No job was submitted" in frond("batch", "status", OUT).output
    frond("batch", "submit", PHOTOS, "--out", OUT)
    assert "not listed yet" in frond("batch", "status", OUT).output
    put(stack, "run.json", json.dumps({"chunks": 4}))
    put(stack, "done/000000.json", "{}")
    report_state(monkeypatch, "SUCCESS")
    result = frond("batch", "status", OUT)
    assert result.exit_code == 0
    assert "SUCCESS" in result.output
    assert "1 of 4 chunks" in result.output
    assert "10.00 vCPU hours, 40.00 GB hours, $0.76" in result.output


def test_one_job_at_a_time_writes_to_a_prefix(frond: Run, emr: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    frond("batch", "submit", PHOTOS, "--out", OUT)
    report_state(monkeypatch, "RUNNING")
    refused = frond("batch", "submit", PHOTOS, "--out", OUT)
    assert refused.exit_code == 1
    assert "is writing to" in refused.output
    assert len(job_runs(emr)) == 1
    report_state(monkeypatch, "FAILED")
    assert frond("batch", "submit", PHOTOS, "--out", OUT).exit_code == 0
    assert len(job_runs(emr)) == 2


def test_the_report_is_downloaded(frond: Run, emr: Any, stack: FakeStack, tmp_path: Path) -> None:
    assert "has no report yet" in frond("batch", "report", OUT).output
    put(stack, "report.html", "<h1>3 photos</h1>")
    put(stack, "rows.csv", "path\n")
    result = frond("batch", "report", OUT, "--to", str(tmp_path / "new"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "new" / "report.html").read_text() == "<h1>3 photos</h1>"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["report.html", "rows.csv"]


@pytest.mark.usefixtures("emr")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["batch", "submit", f"s3://{ELSEWHERE}/none", "--out", OUT], "There are no photos below"),
        (["batch", "submit", "fruits", "--out", OUT], "fruits is no S3 URL"),
        (["batch", "submit", PHOTOS, "--out", OUT, "--max-dollars", "0.05"], "limits a job to 5 minutes"),
        (["batch", "submit", PHOTOS, "--out", OUT, "--stack", "nobody"], "There is no stack nobody"),
        (["batch", "status", "s3://"], "no S3 URL"),
    ],
)
def test_what_cannot_start_is_one_sentence(arguments: list[str], message: str, frond: Run, emr: Any) -> None:
    result = frond(*arguments)
    assert result.exit_code == 1
    assert message in result.output
    assert job_runs(emr) == []


def test_a_job_over_the_cap_is_not_started() -> None:
    prices = PriceList.read().region("us-east-1")
    cost = estimate_cost(10**6, 16, prices, max_dollars=10)
    assert 1 < cost.dollars < 10
    assert cost.minutes <= cost.minutes_to_cap
    with pytest.raises(FrondError, match=r"more than the cap of \$10.00"):
        estimate_cost(10**8, 16, prices, max_dollars=10)
    assert estimate_cost(10**6, 16, prices, max_dollars=10, features=True).dollars > cost.dollars


def test_the_job_has_the_same_prices() -> None:
    from batch.emr_pricing import DOLLARS_PER_GB_HOUR, DOLLARS_PER_VCPU_HOUR, GB_PER_VCPU
    from frond_client.batches import batch_cost

    prices = PriceList.read().region("us-east-1")
    assert prices.emr_vcpu_hour.dollars == DOLLARS_PER_VCPU_HOUR
    assert prices.emr_gb_hour.dollars == DOLLARS_PER_GB_HOUR
    assert batch_cost.GB_PER_VCPU == GB_PER_VCPU


class _Template(yaml.SafeLoader):
    """Reads a template's intrinsic functions as their arguments."""


def _read_intrinsic(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    return None


_Template.add_multi_constructor("!", _read_intrinsic)


def test_the_template_has_the_outputs_that_the_command_reads() -> None:
    template = yaml.load((ROOT / "batch.yaml").read_text(), _Template)
    assert {"ApplicationId", "JobRoleArn", "MaximumVcpus"} <= template["Outputs"].keys()
    application = template["Resources"]["Application"]["Properties"]
    assert application["MaximumCapacity"].keys() == {"Cpu", "Memory"}
    sizes = template["Mappings"]["MaximumMemory"]
    assert sizes.keys() == set(template["Parameters"]["MaximumVcpus"]["AllowedValues"])
    assert all(size["Size"] == f"{4 * int(vcpus)} GB" for vcpus, size in sizes.items())
