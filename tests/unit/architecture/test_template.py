"""What the template repeats of the released model has to agree with it."""

from frond.manifest import read_manifest
from local.template import read
from tests.conftest import ROOT


def test_pictures_have_the_size_that_the_released_model_takes() -> None:
    parameters = read(ROOT / "template.yaml").document["Parameters"]

    size = read_manifest(ROOT / "functions" / "classify" / "model").input.size
    assert int(parameters["PictureSize"]["Default"]) == size
