"""Old name of :mod:`tests.support.sample_images`, which the page's tests still import."""

from tests.support.sample_images import encoded, exif

__all__ = ["encoded", "exif"]
