"""Messages for errors of AWS, with the fix."""

import sys

_SIGN_IN = "Sign in (`aws sso login`, `aws configure` or AWS_PROFILE)"
_NOT_INSTALLED = (
    "This needs boto3, the AWS SDK, which is not installed. "
    'Install it (`pip install boto3`), or this package with its extra: "frond-client[operate]".'
)
_ACCESS_DENIED = {
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
}
_INVALID_CREDENTIALS = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
}
_NO_CREDENTIALS = {
    "CredentialRetrievalError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "SSOError",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "UnauthorizedSSOTokenError",
}


def aws_error_message(error: Exception) -> str | None:
    """Return the message for an error of AWS or a missing boto3; ``None`` for any other error."""
    if isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0] in {"boto3", "botocore"}:
        return _NOT_INSTALLED
    # Without this import no error of AWS was raised; and the import is slow.
    if "botocore.exceptions" not in sys.modules:
        return None
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    if isinstance(error, ClientError):
        return _client_error(
            error_code(error), error.operation_name, error.response["Error"].get("Message", "")
        )
    if isinstance(error, BotoCoreError):
        return _botocore_error(error)
    return None


def error_code(error: Exception) -> str:
    """Return the code of an error response of AWS; empty for any other error."""
    response = getattr(error, "response", None)
    return str(response["Error"].get("Code", "")) if isinstance(response, dict) else ""


def describe_aws_error(error: Exception) -> str:
    """Return the message for an error of AWS, else the error's own text."""
    return aws_error_message(error) or str(error)


def is_access_denied(error: Exception) -> bool:
    """Return whether the caller lacks the permission for this call, which no retry changes."""
    return error_code(error) in _ACCESS_DENIED


def is_credentials_error(error: Exception) -> bool:
    """Return whether the credentials are missing or invalid, so that every other call fails, too."""
    return error_code(error) in _INVALID_CREDENTIALS or type(error).__name__ in _NO_CREDENTIALS


def _client_error(code: str, operation: str, message: str) -> str:
    if code in _ACCESS_DENIED:
        return f"AWS refuses {operation}: {message.rstrip('.')}. Ask the stack's owner for this permission."
    if code in _INVALID_CREDENTIALS:
        return f"AWS does not accept these credentials ({code}). {_SIGN_IN} and try again."
    return f"AWS answered {operation} with {code}: {message}"


def _botocore_error(error: Exception) -> str:
    name = type(error).__name__
    if name in _NO_CREDENTIALS:
        return (
            f"There are no AWS credentials to use ({error}). {_SIGN_IN}; "
            "for a stack on this machine leave --stack and FROND_STACK out."
        )
    if name == "NoRegionError":
        return "No AWS region is set. Set AWS_REGION to the stack's region."
    if name == "ProfileNotFound":
        return f"{error}. Set AWS_PROFILE to another."
    return f"The call to AWS failed: {error}"
