"""What the service says when it says no."""

from pydantic import BaseModel, ConfigDict

_OURS = "urn:frond:problem:"


class Problem(BaseModel):
    """A problem document (RFC 9457); what a service adds to it is kept in `model_extra`.

    Attributes
    ----------
    type
        A stable name, `urn:frond:problem:…`; `about:blank` if there is no more to know than the status.
    detail
        What is wrong and what to do, in a sentence.
    request_id
        What to quote when asking for help.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str = "about:blank"
    title: str = "No reason was given"
    status: int
    detail: str | None = None
    request_id: str | None = None

    @property
    def slug(self) -> str:
        """The last part of a type that is Frond's; empty for any other."""
        return self.type.removeprefix(_OURS) if self.type.startswith(_OURS) else ""
