"""Settings of the classify function."""

from pathlib import Path
from tempfile import gettempdir
from typing import Annotated

from pydantic import BeforeValidator, Field

from frond.settings import Channel, FunctionSettings, vcpus

FUNCTION = Path(__file__).parent.parent


def _split(text: object) -> object:
    return filter(None, text.split(",")) if isinstance(text, str) else text


class ClassifySettings(FunctionSettings):
    """Environment variables of the classify function."""

    model_dir: Path = FUNCTION / "model"
    models_bucket: str = Field(default="", description="The registry; without one the baked-in model serves")
    channel: Channel = Field(default="stable", description="The channel of the registry to follow")
    channel_refresh_seconds: float = Field(default=300, gt=0, description="Between two reads of the channel")
    models_cache: Path = Field(
        default_factory=lambda: Path(gettempdir()) / "frond-models",
        description="The folder of downloaded models",
    )
    uploads_bucket: str = Field(default="", description="Uploaded photos; without one there are no uploads")
    pictures_bucket: str = Field(default="", description="Preprocessed photos")
    results_bucket: str = Field(default="", description="Results in JSON")
    operator_keys: Annotated[frozenset[str], BeforeValidator(_split)] = Field(
        default=frozenset(), description="Ids of the API keys that see all records, with commas between them"
    )
    max_upload_bytes: int = Field(default=52_428_800, gt=0, description="Largest upload, in bytes")
    detect_plants: bool = Field(default=False, description="Whether the worker finds the plants of uploads")
    threads: int = Field(default_factory=vcpus, ge=1, description="Threads of one inference")
