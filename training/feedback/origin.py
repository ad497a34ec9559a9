"""The table and bucket that corrections are collected from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frond.repository import ClassificationRepository
from frond.s3_objects import S3Object, get_object
from training.aws_stack import AwsAccess, StackAccess, deployed_stack, explained_errors, local_stack
from training.errors import TrainingError
from training.feedback.correction import Correction

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Origin:
    """The table of records and the bucket of uploads of one stack."""

    dynamodb: "DynamoDBClient"
    s3: "S3Client"
    table: str
    uploads_bucket: str

    def corrections(self) -> Iterator[Correction]:
        """Yield every current correction.

        Raises
        ------
        training.errors.TrainingError
            The table cannot be read.
        """
        # Nothing is written, so the time to live is irrelevant.
        records = ClassificationRepository(self.dynamodb, self.table, days=0)
        with explained_errors():
            yield from (Correction.of(record) for record in records.scan_feedback())

    def photo(self, key: str) -> S3Object:
        """Get the photo that is stored under a key now.

        Raises
        ------
        frond.problems.VanishedPhoto
            It does not exist any more.
        training.errors.TrainingError
            It cannot be read.
        """
        with explained_errors():
            return get_object(self.s3, self.uploads_bucket, key)


def open_origin(stack: str | None, local: bool, table: str | None, uploads_bucket: str | None) -> Origin:
    """Open the origin that the command's options name.

    Parameters
    ----------
    stack
        Name of a deployed stack.
    local
        Use the local stack of this machine.
    table, uploads_bucket
        Their names, instead of a stack.

    Raises
    ------
    training.errors.TrainingError
        The options name none or several, or there is no such stack.
    """
    if [bool(stack), local, bool(table or uploads_bucket)].count(True) != 1:
        raise TrainingError(
            "Name the source of the corrections in one way: --stack NAME, --local for the stack that `make "
            "serve` runs, or --table and --uploads-bucket."
        )
    if table and uploads_bucket:
        return _origin(AwsAccess(), table, uploads_bucket)
    if table or uploads_bucket:
        raise TrainingError("--table and --uploads-bucket go together; give both.")
    found = local_stack() if local else deployed_stack(str(stack))
    return _of_stack(found)


def _of_stack(stack: StackAccess) -> Origin:
    return _origin(stack.aws, stack.output("TableName"), stack.output("UploadsBucketName"))


def _origin(aws: AwsAccess, table: str, uploads_bucket: str) -> Origin:
    return Origin(aws.client("dynamodb"), aws.client("s3"), table, uploads_bucket.removeprefix("s3://"))
