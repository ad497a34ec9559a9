"""Settings of the preprocess function."""

from frond.settings import FunctionSettings


class PreprocessSettings(FunctionSettings):
    """Environment variables of the preprocess function."""

    pictures_bucket: str
    picture_size: int
    table: str
