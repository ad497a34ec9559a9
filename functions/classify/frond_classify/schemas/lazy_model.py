"""What no photo needs, and so no cold start."""

from pydantic import BaseModel, ConfigDict


class Deferred(BaseModel):
    """A document whose validator is made when it is first used, not when it is imported."""

    model_config = ConfigDict(defer_build=True)
