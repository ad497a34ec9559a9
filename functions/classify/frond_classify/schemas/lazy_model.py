"""Base of the schemas that no photo needs, and so no cold start."""

from pydantic import BaseModel, ConfigDict


class LazyModel(BaseModel):
    """A model whose validator is built at its first use, not at import."""

    model_config = ConfigDict(defer_build=True)
