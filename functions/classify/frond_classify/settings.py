"""What the classify function is told by its environment."""

from functools import cache
from pathlib import Path
from tempfile import gettempdir

from pydantic import Field

from frond.settings import Channel, FunctionSettings, vcpus

FUNCTION = Path(__file__).parent.parent


class Configuration(FunctionSettings):
    """Settings of the classify function."""

    model_dir: Path = FUNCTION / "model"
    models_bucket: str = Field(default="", description="The registry; without one the baked-in model serves")
    channel: Channel = Field(default="stable", description="What to follow in the registry")
    channel_refresh_seconds: float = Field(default=300, gt=0, description="Between two looks at the channel")
    models_cache: Path = Field(
        default_factory=lambda: Path(gettempdir()) / "frond-models",
        description="Where fetched models are kept",
    )
    uploads_bucket: str = Field(default="", description="Where photos land; without one there is no S3 door")
    pictures_bucket: str = Field(default="", description="What was made of them")
    results_bucket: str = Field(default="", description="Where results go")
    max_upload_bytes: int = Field(default=52_428_800, gt=0, description="Largest photo of the S3 door")
    threads: int = Field(default_factory=vcpus, ge=1, description="Threads of one inference")


@cache
def configuration() -> Configuration:
    """Return the settings, read once a process."""
    return Configuration.from_environment()
