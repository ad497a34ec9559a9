"""What can go wrong with the registry, each with a sentence that says what to do."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

_REFUSED_KEYS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
}


class RegistryError(Exception):
    """The registry, or what was asked of it, is not as it should be; the message says what to do."""


class UnreachableError(RegistryError):
    """S3 did not give what it has, for whatever reason; the same call may work later."""


class UnknownVersionError(RegistryError):
    """A version that the registry does not have."""


class VersionExistsError(RegistryError):
    """A version that the registry has, and not the way it was to be released."""


class BrokenChannelError(RegistryError):
    """A channel whose file cannot be read."""


class ConflictError(RegistryError):
    """Somebody else was faster."""


class NoPreviousVersionError(RegistryError):
    """A rollback from the first version."""


def code_of(error: ClientError) -> str:
    """Return the code that S3 gave its answer."""
    return str(error.response["Error"].get("Code", ""))


def unreachable(bucket: str, error: ClientError | BotoCoreError) -> UnreachableError:
    """Say what a failed call means, and what to do."""
    told = _answered(bucket, error) if isinstance(error, ClientError) else _unanswered(error)
    return UnreachableError(told)


def _answered(bucket: str, error: ClientError) -> str:
    code = code_of(error)
    if code == "NoSuchBucket":
        return f"There is no bucket {bucket}; create it, or name another."
    if code in {"AccessDenied", "403", "AllAccessDisabled"}:
        return (
            f"S3 refuses {error.operation_name} in s3://{bucket} with these credentials; ask its owner for "
            "s3:ListBucket, s3:GetObject and s3:PutObject, or sign in as somebody else."
        )
    if code in _REFUSED_KEYS:
        return f"AWS does not take these credentials ({code}); sign in again."
    return f"S3 did not do {error.operation_name} in s3://{bucket}: {error}"


def _unanswered(error: BotoCoreError) -> str:
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "There are no AWS credentials here; sign in with the AWS CLI, or set AWS_PROFILE."
    if isinstance(error, ConnectionError | HTTPClientError):
        return f"S3 cannot be reached; check the network and AWS_ENDPOINT_URL. ({error})"
    return f"S3 cannot be asked: {error}"
