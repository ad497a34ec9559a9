"""Submit `training fit` to SageMaker: ``python deploy/sagemaker/submit.py --help``.

The image, the command and the checkpoints are those of Kubernetes. On one instance the run's folder is
SageMaker's checkpoint folder, which it keeps in S3: a spot instance that is taken back costs an epoch.
Several instances share a file system, since each of them reads what the first one writes.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

INPUT, CHECKPOINTS = "/opt/ml/input/data", "/opt/ml/checkpoints"
DATASET, RUN = "dataset", "run"
HOUR = 3600
# From the line that `fit` prints after each epoch.
METRICS = {
    "validation:macro_f1": r"validation macro F1 ([0-9.]+)",
    "photos_per_second": r"([0-9.]+) photos/s;",
}
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


@dataclass(frozen=True, slots=True)
class SharedFolder:
    """A folder of an FSx for Lustre or EFS file system, and the network that reaches it."""

    file_system: str
    kind: str
    path: str
    subnets: list[str]
    security_groups: list[str]

    def channel(self) -> dict[str, Any]:
        """Return the input channel that mounts it writable."""
        return {
            "ChannelName": RUN,
            "DataSource": {
                "FileSystemDataSource": {
                    "FileSystemId": self.file_system,
                    "FileSystemType": self.kind,
                    "FileSystemAccessMode": "rw",
                    "DirectoryPath": self.path,
                }
            },
        }


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """A run of `training fit` on SageMaker.

    Attributes
    ----------
    dataset, checkpoints
        S3 URIs: of a folder from `prepare`, and for the run's folder.
    arguments
        Further arguments of `fit`.
    hours
        Longest training time; with spot instances a job may wait as long again.
    shared
        The run's folder for several instances.
    """

    name: str
    image: str
    role: str
    dataset: str
    checkpoints: str
    arguments: list[str]
    instance_type: str = "ml.g5.xlarge"
    instances: int = 1
    spot: bool = True
    hours: int = 24
    volume_gb: int = 100
    shared: SharedFolder | None = None

    def request(self) -> dict[str, Any]:
        """Return the parameters of ``CreateTrainingJob``."""
        run = f"{INPUT}/{RUN}" if self.shared else f"{CHECKPOINTS}/{RUN}"
        stopping = {"MaxRuntimeInSeconds": self.hours * HOUR}
        request: dict[str, Any] = {
            "TrainingJobName": self.name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python", "-m", "training"],
                "ContainerArguments": ["fit", f"{INPUT}/{DATASET}", run, *self.arguments],
                "MetricDefinitions": [{"Name": name, "Regex": regex} for name, regex in METRICS.items()],
            },
            "InputDataConfig": [self._dataset_channel(), *([self.shared.channel()] if self.shared else [])],
            "OutputDataConfig": {"S3OutputPath": self.checkpoints},
            "ResourceConfig": {
                "InstanceType": self.instance_type,
                "InstanceCount": self.instances,
                "VolumeSizeInGB": self.volume_gb,
            },
            "StoppingCondition": stopping,
            "EnableManagedSpotTraining": self.spot,
            "EnableInterContainerTrafficEncryption": self.instances > 1,
        }
        if self.spot:
            stopping["MaxWaitTimeInSeconds"] = 2 * self.hours * HOUR
        if self.shared:
            request["VpcConfig"] = {
                "Subnets": self.shared.subnets,
                "SecurityGroupIds": self.shared.security_groups,
            }
        else:
            request["CheckpointConfig"] = {"S3Uri": self.checkpoints, "LocalPath": CHECKPOINTS}
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
    checkpoints: Annotated[str, typer.Argument(help="s3:// URI for the run; the same one resumes it.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Arguments of `fit`, after --.")] = None,
    image: Annotated[str, typer.Option(help="URI of the training image in ECR.")] = ...,  # type: ignore[assignment]
    role: Annotated[str, typer.Option(help="ARN of the role that the job takes.")] = ...,  # type: ignore[assignment]
    name: Annotated[str | None, typer.Option(help="Name of the job; by default of the time.")] = None,
    instance_type: Annotated[str, typer.Option(help="Type of the instances.")] = "ml.g5.xlarge",
    instances: Annotated[int, typer.Option(min=1, help="Several need --file-system.")] = 1,
    spot: Annotated[bool, typer.Option("--spot/--on-demand", help="Kind of the instances.")] = True,
    hours: Annotated[int, typer.Option(min=1, max=120, help="Longest training time.")] = 24,
    file_system: Annotated[
        str | None, typer.Option(help="Id of an FSx for Lustre or EFS file system.")
    ] = None,
    file_system_type: Annotated[str, typer.Option(help="FSxLustre or EFS.")] = "FSxLustre",
    path: Annotated[str, typer.Option(help="Folder of the run on the file system.")] = "/fsx/run",
    subnet: Annotated[list[str] | None, typer.Option(help="Subnet of the file system.")] = None,
    security_group: Annotated[list[str] | None, typer.Option(help="Security group that reaches it.")] = None,
) -> None:
    """Create a training job of `training fit`, and print its ARN."""
    shared = None
    if file_system:
        if not (subnet and security_group):
            raise typer.BadParameter("it needs --subnet and --security-group.", param_hint="--file-system")
        shared = SharedFolder(file_system, file_system_type, path, subnet, security_group)
    elif instances > 1:
        raise typer.BadParameter("several instances share --file-system.", param_hint="--instances")
    for uri, hint in ((dataset, "DATASET"), (checkpoints, "CHECKPOINTS")):
        if not uri.startswith("s3://"):
            raise typer.BadParameter(f"{uri!r} is no s3:// URI.", param_hint=hint)
    job_name = name or f"frond-{datetime.now(UTC):%Y-%m-%d-%H-%M-%S}"
    if not NAME.fullmatch(job_name):
        raise typer.BadParameter("up to 63 letters, digits and hyphens.", param_hint="--name")
    job = TrainingJob(
        job_name, image, role, dataset, checkpoints, arguments or [], instance_type, instances, spot, hours,
        shared=shared,
    )  # fmt: skip
    try:
        created = boto3.client("sagemaker").create_training_job(**job.request())
    except (BotoCoreError, ClientError) as error:
        typer.secho(f"Error: {error}", err=True, fg="red")
        raise typer.Exit(1) from None
    typer.echo(created["TrainingJobArn"])


if __name__ == "__main__":
    typer.run(submit)
