"""The SageMaker job: AWS's own model of the API accepts it, and its command is one of ours."""

import re
from typing import Any

import boto3
import pytest
import typer
from botocore.stub import ANY, Stubber
from typer.testing import CliRunner

from deploy.sagemaker.submit import METRICS, submit

ROLE = "arn:aws:iam::123456789012:role/frond-training"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/frond-training:cuda"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:training-job/first"
COMMAND = ["s3://data/merged", "s3://runs/first", "--image", IMAGE, "--role", ROLE, "--name", "first"]


@pytest.fixture(scope="module")
def client() -> Any:
    return boto3.client(
        "sagemaker", region_name="eu-west-1", aws_access_key_id="local", aws_secret_access_key="local"
    )


def submitted(client: Any, monkeypatch: pytest.MonkeyPatch, *options: str) -> dict[str, Any]:
    """Submit a job, which botocore checks, and return its request."""
    requests: list[dict[str, Any]] = []
    create = client.create_training_job

    class RecordingClient:
        def create_training_job(self, **request: Any) -> Any:
            requests.append(request)
            return create(**request)

    monkeypatch.setattr(boto3, "client", lambda service: RecordingClient())
    with Stubber(client) as stub:
        expected = dict.fromkeys(TOP_LEVEL, ANY)
        stub.add_response("create_training_job", {"TrainingJobArn": ARN}, expected)
        app = typer.Typer()
        app.command()(submit)
        result = CliRunner().invoke(app, [*COMMAND, *options])
    assert result.exit_code == 0, result.output
    assert result.output.strip() == ARN
    return requests[0]


TOP_LEVEL = (
    "TrainingJobName", "RoleArn", "AlgorithmSpecification", "InputDataConfig", "OutputDataConfig",
    "ResourceConfig", "StoppingCondition", "EnableManagedSpotTraining",
    "EnableInterContainerTrafficEncryption", "Environment",
)  # fmt: skip


def test_a_spot_instance_keeps_its_run_in_s3(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    request = submitted(client, monkeypatch, "--", "--recipe", "seedlings")
    algorithm = request["AlgorithmSpecification"]
    assert algorithm["ContainerEntrypoint"] == ["python", "-m", "training"]
    command, dataset, run, *rest = algorithm["ContainerArguments"]
    assert (command, dataset, rest) == ("fit", "/opt/ml/input/data/dataset", ["--recipe", "seedlings"])
    assert run == "s3://runs/first"
    # Below the run, where `fit` does not look.
    assert request["OutputDataConfig"]["S3OutputPath"] == "s3://runs/first/sagemaker"
    stopping = request["StoppingCondition"]
    # AWS refuses a spot job that may not wait longer than it runs.
    assert stopping["MaxWaitTimeInSeconds"] >= stopping["MaxRuntimeInSeconds"]


def test_several_instances_share_the_run(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    request = submitted(client, monkeypatch, "--instances", "3", "--on-demand")
    assert request["ResourceConfig"]["InstanceCount"] == 3
    [dataset] = request["InputDataConfig"]
    assert dataset["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "FullyReplicated"
    assert request["AlgorithmSpecification"]["ContainerArguments"][2] == "s3://runs/first"
    assert request["EnableInterContainerTrafficEncryption"]
    assert "MaxWaitTimeInSeconds" not in request["StoppingCondition"]


def test_the_metrics_are_read_from_the_line_of_an_epoch() -> None:
    line = "  validation macro F1 0.9941, accuracy 0.9944; 64.1 photos/s; training 13.1 s, saving 1.3 s"
    found = {name: re.search(pattern, line) for name, pattern in METRICS.items()}
    assert {name: match and match[1] for name, match in found.items()} == {
        "validation:macro_f1": "0.9941",
        "photos_per_second": "64.1",
    }


def test_a_job_that_cannot_run_is_refused_before_it_costs() -> None:
    app = typer.Typer()
    app.command()(submit)
    result = CliRunner().invoke(
        app, [*COMMAND, "--name", "my run"], env={"TERMINAL_WIDTH": "200", "NO_COLOR": "1"}
    )
    assert result.exit_code == 2
    assert "letters, digits and hyphens" in " ".join(result.output.split())
