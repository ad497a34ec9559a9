"""What goes wrong with AWS, in sentences that say what to do."""

import sys

_SIGN_IN = "Sign in (`aws sso login`, `aws configure` or AWS_PROFILE)"
_NOT_INSTALLED = (
    "This needs the library of AWS, boto3, which is not installed here. "
    'Install it (`pip install boto3`), or this package with its extra: "frond-client[operate]".'
)
_REFUSED = {
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
}
_WHO_IS_THIS = {
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
_NO_SESSION = {
    "CredentialRetrievalError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "SSOError",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "UnauthorizedSSOTokenError",
}


def sentence(error: Exception) -> str | None:
    """Return what to tell of a fault of AWS, or that its library is missing; ``None`` of any other."""
    if isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0] in {"boto3", "botocore"}:
        return _NOT_INSTALLED
    # What nobody imported, nobody raised; importing it takes its time.
    if "botocore.exceptions" not in sys.modules:
        return None
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    if isinstance(error, ClientError):
        return _answered(error_code(error), error.operation_name, error.response["Error"].get("Message", ""))
    if isinstance(error, BotoCoreError):
        return _not_asked(error)
    return None


def error_code(error: Exception) -> str:
    """Return the code of an answer of AWS; empty for any other fault."""
    response = getattr(error, "response", None)
    return str(response["Error"].get("Code", "")) if isinstance(response, dict) else ""


def is_refusal(error: Exception) -> bool:
    """Tell whether AWS does not allow this call, and so will not in a minute either."""
    return error_code(error) in _REFUSED


def ends_everything(error: Exception) -> bool:
    """Tell whether no other call can succeed either: nobody knows who asks."""
    return error_code(error) in _WHO_IS_THIS or type(error).__name__ in _NO_SESSION


def _answered(code: str, operation: str, message: str) -> str:
    if code in _REFUSED:
        return f"AWS refuses {operation}: {message.rstrip('.')}. Ask who runs the stack for this permission."
    if code in _WHO_IS_THIS:
        return f"AWS does not accept these credentials ({code}). {_SIGN_IN} and try again."
    return f"AWS answered {operation} with {code}: {message}"


def _not_asked(error: Exception) -> str:
    name = type(error).__name__
    if name in _NO_SESSION:
        return (
            f"There are no AWS credentials to use ({error}). {_SIGN_IN}; "
            "for a stack on this machine leave --stack and FROND_STACK out."
        )
    if name == "NoRegionError":
        return "No AWS region is set. Name the stack's region with AWS_REGION."
    if name == "ProfileNotFound":
        return f"{error}. Name another with AWS_PROFILE."
    return f"AWS could not be asked: {error}"
