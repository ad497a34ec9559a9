"""A batch job on EMR Serverless, remembered by a file in its output prefix."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from frond_client.aws_errors import error_code
from frond_client.batches.batch_cost import GB_PER_VCPU, VCPUS_PER_EXECUTOR
from frond_client.errors import FrondError, read_error_message
from frond_client.formats import is_photo
from frond_client.frond_stack import FrondStack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

JOB_NAME, PLAN_NAME, DONE_PREFIX = "job.json", "run.json", "done/"
REPORT_NAMES = ("report.html", "rows.csv", "explained-variance.png")
# Where the image of batch/Dockerfile has the job and its Python.
ENTRY_POINT = "local:///opt/frond/job.py"
PYTHON = "/opt/frond/venv/bin/python"
# A finished chunk is not done again; one takes 100 vCPUs about two minutes.
PHOTOS_PER_CHUNK = 100_000
_S3_SCHEME = "s3://"
# Of a worker's memory, what Python and LiteRT may use beside the JVM.
_OVERHEAD_GB = 10


class SubmittedJob(BaseModel):
    """The ids of a job, as in ``job.json``."""

    model_config = ConfigDict(frozen=True)

    application_id: str
    job_run_id: str
    photos: int


@dataclass(frozen=True, slots=True)
class JobState:
    """State of a job.

    Attributes
    ----------
    state, details
        EMR Serverless's state, such as ``RUNNING``, and its reason.
    finished_chunks, chunks
        Chunks of the run; None while its photos are listed.
    vcpu_hours, gb_hours
        What is billed so far; 0 before EMR Serverless reports it.
    """

    state: str
    details: str
    finished_chunks: int
    chunks: int | None
    vcpu_hours: float
    gb_hours: float


class S3Prefix:
    """A prefix of a bucket.

    Raises
    ------
    FrondError
        The URL is no ``s3://`` URL.
    """

    def __init__(self, s3: "S3Client", url: str) -> None:
        bucket, _, prefix = url.removeprefix(_S3_SCHEME).partition("/")
        if not url.startswith(_S3_SCHEME) or not bucket:
            raise FrondError(f"{url} is no S3 URL; write s3://BUCKET/PREFIX.")
        self._s3, self._bucket, self._prefix = s3, bucket, prefix.rstrip("/")

    @property
    def url(self) -> str:
        """Its URL, without a last slash."""
        return f"{_S3_SCHEME}{self._bucket}/{self._prefix}".rstrip("/")

    def keys(self, below: str = "") -> Iterator[str]:
        """Yield the keys below it."""
        prefix = self._key(below)
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            for each in page.get("Contents", []):
                yield each["Key"]

    def read(self, name: str) -> bytes | None:
        """Return an object; None if there is none."""
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read()
        except self._s3.exceptions.ClientError as error:
            if error_code(error) == "NoSuchKey":
                return None
            raise

    def write(self, name: str, content: bytes) -> None:
        """Put an object."""
        self._s3.put_object(Bucket=self._bucket, Key=self._key(name), Body=content)

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name


def count_photos(prefix: S3Prefix) -> int:
    """Return the number of photos below a prefix.

    Raises
    ------
    FrondError
        There are none.
    """
    if not (photos := sum(map(is_photo, prefix.keys()))):
        raise FrondError(f"There are no photos below {prefix.url}.")
    return photos


def submit_job(
    stack: FrondStack, emr: Any, photos: S3Prefix, out: S3Prefix, count: int, minutes: int, options: list[str]
) -> SubmittedJob:
    """Start a job, and write its ids below ``out``.

    Parameters
    ----------
    stack
        The stack of ``batch.yaml``.
    emr
        Client of EMR Serverless.
    count
        Number of photos.
    minutes
        The job is cancelled after so long.
    options
        Further options of ``python -m batch``.

    Raises
    ------
    FrondError
        A job that has not ended writes to the same prefix.
    """
    previous = find_job(out)
    if previous and _describe(emr, previous)["state"] not in {"SUCCESS", "FAILED", "CANCELLED"}:
        raise FrondError(f"A job is writing to {out.url} already: see `frond batch status {out.url}`.")
    chunk = str(min(PHOTOS_PER_CHUNK, max(1000, count // 10)))
    application = stack.output("ApplicationId")
    arguments = [photos.url, out.url, "--cluster", "--model", "/opt/frond/model", "--chunk", chunk, *options]
    started = emr.start_job_run(
        applicationId=application,
        executionRoleArn=stack.output("JobRoleArn"),
        name=out.url[-64:],
        clientToken=str(uuid.uuid4()),
        executionTimeoutMinutes=minutes,
        jobDriver={
            "sparkSubmit": {
                "entryPoint": ENTRY_POINT,
                "entryPointArguments": arguments,
                "sparkSubmitParameters": _spark_parameters(),
            }
        },
        configurationOverrides={
            "monitoringConfiguration": {"cloudWatchLoggingConfiguration": {"enabled": True}}
        },
    )
    job = SubmittedJob(application_id=application, job_run_id=started["jobRunId"], photos=count)
    out.write(JOB_NAME, job.model_dump_json().encode())
    return job


def find_job(out: S3Prefix) -> SubmittedJob | None:
    """Return the job that was last submitted for a prefix; None if there is none."""
    content = out.read(JOB_NAME)
    return SubmittedJob.model_validate_json(content) if content else None


def job_state(emr: Any, out: S3Prefix) -> JobState:
    """Return the state of the job of a prefix.

    Raises
    ------
    FrondError
        No job was submitted for it.
    """
    job = find_job(out)
    if job is None:
        raise FrondError(f"No job was submitted for {out.url}; start one with `frond batch submit`.")
    described, plan = _describe(emr, job), out.read(PLAN_NAME)
    billed = described.get("billedResourceUtilization", {})
    return JobState(
        state=described["state"],
        details=described.get("stateDetails", ""),
        finished_chunks=sum(1 for _ in out.keys(DONE_PREFIX)),
        chunks=json.loads(plan)["chunks"] if plan else None,
        vcpu_hours=billed.get("vCPUHour", 0.0),
        gb_hours=billed.get("memoryGBHour", 0.0),
    )


def download_report(out: S3Prefix, folder: Path) -> list[Path]:
    """Download the report and the rows of a finished run.

    Raises
    ------
    FrondError
        The run has no report yet, or the folder cannot be written to.
    """
    found = {name: content for name in REPORT_NAMES if (content := out.read(name)) is not None}
    if REPORT_NAMES[0] not in found:
        raise FrondError(f"{out.url} has no report yet: see `frond batch status {out.url}`.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in found.items():
            draft = folder / f".{name}.draft"
            draft.write_bytes(content)
            draft.replace(folder / name)
    except OSError as error:
        raise FrondError(f"{folder} cannot be written: {read_error_message(error)}") from error
    return [folder / name for name in found]


def _describe(emr: Any, job: SubmittedJob) -> dict[str, Any]:
    found = emr.get_job_run(applicationId=job.application_id, jobRunId=job.job_run_id)
    described: dict[str, Any] = found["jobRun"]
    return described


def _spark_parameters() -> str:
    memory = VCPUS_PER_EXECUTOR * GB_PER_VCPU
    settings = {
        "spark.executor.cores": VCPUS_PER_EXECUTOR,
        "spark.executor.memory": f"{memory - _OVERHEAD_GB}g",
        "spark.executor.memoryOverhead": f"{_OVERHEAD_GB}g",
        "spark.driver.cores": VCPUS_PER_EXECUTOR,
        "spark.driver.memory": f"{memory - 4}g",
        "spark.driver.memoryOverhead": "4g",
        "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON": PYTHON,
        "spark.emr-serverless.driverEnv.PYSPARK_PYTHON": PYTHON,
        "spark.executorEnv.PYSPARK_PYTHON": PYTHON,
    }
    return " ".join(f"--conf {name}={value}" for name, value in settings.items())
