"""A detected plant as a row of a CSV file."""

from dataclasses import dataclass, fields
from typing import Self

from frond_client.classifying.photos_result import PhotosResult
from frond_client.csv_row import csv_line
from frond_client.detecting.detection_result import DetectionResult
from frond_client.models import LocatedPlant


@dataclass(frozen=True)
class PlantRow:
    """A plant, or a photo without one; the fields are the columns.

    Attributes
    ----------
    plant
        Counts the plants of a photo, the most confident first; empty for a photo without one.
    x, y, width, height
        The box, in pixels of the upright photo.
    label
        The column ``class``.
    verdict, species, scientific_name, common_name, species_confidence
        The classification; empty without one.
    """

    file: str
    status: str
    plant: str = ""
    x: str = ""
    y: str = ""
    width: str = ""
    height: str = ""
    label: str = ""
    confidence: str = ""
    verdict: str = ""
    species: str = ""
    scientific_name: str = ""
    common_name: str = ""
    species_confidence: str = ""
    error: str = ""
    model_version: str = ""

    @classmethod
    def of(cls, result: DetectionResult) -> list[Self]:
        """Return the rows of a photo: one for each plant, or one without a plant."""
        file = _file(result)
        if result.detections is None:
            return [cls(file, "failed", error=result.reason)]
        version = result.detections.model.version
        return [
            cls(file, "succeeded", str(number), model_version=version, **_cells(plant))
            for number, plant in enumerate(result.plants, start=1)
        ] or [cls(file, "succeeded", model_version=version)]

    @property
    def line(self) -> bytes:
        """The row as a line of CSV, which a spreadsheet program does not execute."""
        return csv_line(vars(self), _NUMERIC)


_NUMERIC = {"plant", "x", "y", "width", "height", "confidence", "species_confidence"}
COLUMNS = ["class" if each.name == "label" else each.name for each in fields(PlantRow)]


def _file(result: PhotosResult) -> str:
    return "; ".join(result.files)


def _cells(plant: LocatedPlant) -> dict[str, str]:
    box = plant.box
    cells = {
        "x": f"{box.x:g}",
        "y": f"{box.y:g}",
        "width": f"{box.width:g}",
        "height": f"{box.height:g}",
        "label": plant.label,
        "confidence": str(plant.confidence),
    }
    if plant.classification is None:
        return cells
    cells["verdict"] = plant.classification.verdict
    for best in plant.classification.predictions[:1]:
        cells |= {
            "species": best.species,
            "scientific_name": best.scientific_name,
            "common_name": best.common_name,
            "species_confidence": str(best.confidence),
        }
    return cells
