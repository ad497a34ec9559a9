"""Turn errors of botocore into plain words."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from frond.problems import AttemptFailed

_INVALID_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


def error_code(error: ClientError) -> str:
    """Return the error code of an AWS response, such as ``NoSuchKey``."""
    return str(error.response["Error"].get("Code", ""))


def explain(error: ClientError | BotoCoreError, resource: str = "", permissions: str = "") -> str:
    """Explain a failed call in a sentence that says what to do.

    Parameters
    ----------
    error
        From any client of botocore.
    resource
        What the call was about, such as ``s3://bucket``.
    permissions
        The IAM actions that the caller needs; by default only the one that was denied.
    """
    if isinstance(error, ClientError):
        return _explain_response(error, resource, permissions)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "There are no AWS credentials here; sign in with the AWS CLI, or set AWS_PROFILE."
    if isinstance(error, NoRegionError):
        return "No region is set; set AWS_REGION."
    if isinstance(error, ConnectionError | HTTPClientError):
        return f"AWS is unreachable; check the network and AWS_ENDPOINT_URL. ({error})"
    return f"The request to AWS failed: {error}"


def attempt_failed(step: str, error: Exception) -> AttemptFailed:
    """Describe why a step of an upload failed, for its owner; the log has the traceback.

    Parameters
    ----------
    step
        Such as ``Preprocessing``.
    error
        Any.
    """
    if isinstance(error, ClientError):
        cause = f"{error.operation_name} in AWS returned {error_code(error) or 'an error'}"
    elif isinstance(error, ConnectionError | HTTPClientError):
        cause = "AWS could not be reached"
    else:
        cause = f"internal error ({type(error).__name__})"
    return AttemptFailed(f"{step} failed: {cause}.")


def _explain_response(error: ClientError, resource: str, permissions: str) -> str:
    code, operation = error_code(error), error.operation_name
    call = f"{operation} in {resource}" if resource else operation
    if code == "NoSuchBucket":
        bucket = resource.removeprefix("s3://") or error.response["Error"].get("BucketName", "of that name")
        return f"There is no bucket {bucket}; create it, or name another."
    if code == "ResourceNotFoundException":
        return f"{call} did not find its resource: {error.response['Error'].get('Message', code)}"
    if "AccessDenied" in code or code in {"403", "AllAccessDisabled"}:
        wanted = permissions or "that permission"
        return (
            f"AWS denies {call} with these credentials; ask the owner for {wanted}, or sign in as "
            f"somebody else. ({error})"
        )
    if code in _INVALID_CREDENTIALS:
        return f"AWS rejects these credentials ({code}); sign in again."
    return f"{call} failed: {error}"
