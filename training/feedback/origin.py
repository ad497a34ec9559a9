"""Where corrections and their photos are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frond.repository import ClassificationRepository
from frond.s3_objects import S3Object, get_object
from training.errors import TrainingError
from training.feedback.correction import Correction
from training.stack import Aws, Stack, asked, deployed_stack, local_stack

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
        """Yield every correction that stands.

        Raises
        ------
        training.errors.TrainingError
            DynamoDB does not give them.
        """
        # Nothing is written, so that no record's time counts.
        records = ClassificationRepository(self.dynamodb, self.table, days=0)
        with asked():
            yield from (Correction.of(record) for record in records.scan_feedback())

    def photo(self, key: str) -> S3Object:
        """Return the photo that is under a key now.

        Raises
        ------
        frond.problems.VanishedPhoto
            It is not there any more.
        training.errors.TrainingError
            S3 does not give it.
        """
        with asked():
            return get_object(self.s3, self.uploads_bucket, key)


def origin_of(stack: str | None, local: bool, table: str | None, uploads_bucket: str | None) -> Origin:
    """Return the origin that a person means.

    Parameters
    ----------
    stack
        Name of a deployed stack.
    local
        Whether the one of this machine is meant.
    table, uploads_bucket
        Their names; both, and no stack.

    Raises
    ------
    training.errors.TrainingError
        That is none, or more than one, or there is no such stack.
    """
    if [bool(stack), local, bool(table or uploads_bucket)].count(True) != 1:
        raise TrainingError(
            "Say where the corrections are, in one way: --stack NAME, --local for the stack that `make "
            "serve` runs, or --table and --uploads-bucket."
        )
    if table and uploads_bucket:
        return _origin(Aws(), table, uploads_bucket)
    if table or uploads_bucket:
        raise TrainingError("--table and --uploads-bucket go together; give both.")
    found = local_stack() if local else deployed_stack(str(stack))
    return _of_stack(found)


def _of_stack(stack: Stack) -> Origin:
    return _origin(stack.aws, stack.output("TableName"), stack.output("UploadsBucketName"))


def _origin(aws: Aws, table: str, uploads_bucket: str) -> Origin:
    return Origin(aws.client("dynamodb"), aws.client("s3"), table, uploads_bucket.removeprefix("s3://"))
