"""Submit `training fit` to SageMaker: ``python deploy/sagemaker/submit.py --help``.

The image and the command are those of Kubernetes. The run is in S3, where every instance reads what the first
one has written: a spot instance that is taken back costs an epoch.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

INPUT, DATASET = "/opt/ml/input/data", "dataset"
HOUR = 3600
# From the line that `fit` prints after each epoch.
METRICS = {
    "validation:macro_f1": r"validation macro F1 ([0-9.]+)",
    "photos_per_second": r"([0-9.]+) photos/s;",
}
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """A run of `training fit` on SageMaker.

    Attributes
    ----------
    dataset, run
        S3 URIs: of a folder from `prepare`, and for the run.
    arguments
        Further arguments of `fit`.
    hours
        Longest training time; with spot instances a job may wait as long again.
    """

    name: str
    image: str
    role: str
    dataset: str
    run: str
    arguments: list[str]
    instance_type: str = "ml.g5.xlarge"
    instances: int = 1
    spot: bool = True
    hours: int = 24
    volume_gb: int = 100

    def request(self) -> dict[str, Any]:
        """Return the parameters of ``CreateTrainingJob``."""
        stopping = {"MaxRuntimeInSeconds": self.hours * HOUR}
        request: dict[str, Any] = {
            "TrainingJobName": self.name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python", "-m", "training"],
                "ContainerArguments": ["fit", f"{INPUT}/{DATASET}", self.run, *self.arguments],
                "MetricDefinitions": [{"Name": name, "Regex": regex} for name, regex in METRICS.items()],
            },
            "InputDataConfig": [self._dataset_channel()],
            "OutputDataConfig": {"S3OutputPath": f"{self.run.rstrip('/')}/sagemaker"},
            "ResourceConfig": {
                "InstanceType": self.instance_type,
                "InstanceCount": self.instances,
                "VolumeSizeInGB": self.volume_gb,
            },
            "StoppingCondition": stopping,
            # On the volume of the instance.
            "Environment": {"FROND_CACHE": "/tmp/frond"},  # noqa: S108 - the container is ours alone
            "EnableManagedSpotTraining": self.spot,
            "EnableInterContainerTrafficEncryption": self.instances > 1,
        }
        if self.spot:
            stopping["MaxWaitTimeInSeconds"] = 2 * self.hours * HOUR
        return request

    def _dataset_channel(self) -> dict[str, Any]:
        return {
            "ChannelName": DATASET,
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": self.dataset,
                    "S3DataDistributionType": "FullyReplicated",
                }
            },
        }


def submit(
    dataset: Annotated[str, typer.Argument(help="s3:// URI of a folder from `prepare`.")],
    run: Annotated[str, typer.Argument(help="s3:// URI for the run; the same one resumes it.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Arguments of `fit`, after --.")] = None,
    image: Annotated[str, typer.Option(help="URI of the training image in ECR.")] = ...,  # type: ignore[assignment]
    role: Annotated[str, typer.Option(help="ARN of the role that the job takes.")] = ...,  # type: ignore[assignment]
    name: Annotated[str | None, typer.Option(help="Name of the job; by default of the time.")] = None,
    instance_type: Annotated[str, typer.Option(help="Type of the instances.")] = "ml.g5.xlarge",
    instances: Annotated[int, typer.Option(min=1, help="Each is a process of the run.")] = 1,
    spot: Annotated[bool, typer.Option("--spot/--on-demand", help="Kind of the instances.")] = True,
    hours: Annotated[int, typer.Option(min=1, max=120, help="Longest training time.")] = 24,
) -> None:
    """Create a training job of `training fit`, and print its ARN."""
    for uri, hint in ((dataset, "DATASET"), (run, "RUN")):
        if not uri.startswith("s3://"):
            raise typer.BadParameter(f"{uri!r} is no s3:// URI.", param_hint=hint)
    job_name = name or f"frond-{datetime.now(UTC):%Y-%m-%d-%H-%M-%S}"
    if not NAME.fullmatch(job_name):
        raise typer.BadParameter("up to 63 letters, digits and hyphens.", param_hint="--name")
    job = TrainingJob(
        job_name, image, role, dataset, run, arguments or [], instance_type, instances, spot, hours
    )
    try:
        created = boto3.client("sagemaker").create_training_job(**job.request())
    except (BotoCoreError, ClientError) as error:
        typer.secho(f"Error: {error}", err=True, fg="red")
        raise typer.Exit(1) from None
    typer.echo(created["TrainingJobArn"])


if __name__ == "__main__":
    typer.run(submit)
