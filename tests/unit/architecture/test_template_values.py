"""Values of the released model that the template repeats."""

from frond.manifest import read_manifest
from local.template import read
from tests.conftest import ROOT


def test_photos_are_preprocessed_to_the_input_size_of_the_released_model() -> None:
    parameters = read(ROOT / "template.yaml").document["Parameters"]

    size = read_manifest(ROOT / "functions" / "classify" / "model").input.size
    assert int(parameters["PictureSize"]["Default"]) == size
