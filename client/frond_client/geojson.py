"""Classifications as a map: GeoJSON (RFC 7946), with the properties of the page's export."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from frond_client.csv_row import ResultRow
from frond_client.errors import FrondError


def feature_collection(rows: Iterable[ResultRow]) -> dict[str, Any]:
    """Return a feature for each classified photo. One without a place has no geometry."""
    features = [_feature(row) for row in rows if row.status == "succeeded"]
    return {"type": "FeatureCollection", "features": features}


class GeoJsonFile:
    """A file of features, which each run replaces.

    Parameters
    ----------
    path
        Of the file.

    Raises
    ------
    FrondError
        If it is another kind of file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists() and not _is_ours(path):
            raise FrondError(f"{path} is not a map of results. Choose another name with --output.")

    def write(self, rows: Iterable[ResultRow]) -> None:
        """Replace the file atomically.

        Raises
        ------
        FrondError
            If it cannot be written.
        """
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            content = json.dumps(feature_collection(rows), indent=2, ensure_ascii=False)
            temporary.write_bytes(content.encode(errors="replace") + b"\n")
            temporary.replace(self.path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise FrondError(f"{self.path} cannot be written: {error}.") from error


def _feature(row: ResultRow) -> dict[str, Any]:
    place = [_number(row.longitude), _number(row.latitude)]
    properties = {
        "id": row.id,
        "photos": row.file,
        "taken_at": row.taken_at,
        "verdict": row.verdict,
        "species": row.species,
        "scientific_name": row.scientific_name,
        "common_name": row.common_name,
        "confidence": _number(row.confidence),
        "tag": row.tag,
        "model": row.model_version,
        "answered_at": row.answered_at,
    }
    return {
        "type": "Feature",
        "geometry": None if None in place else {"type": "Point", "coordinates": place},
        "properties": {name: value for name, value in properties.items() if value not in ("", None)},
    }


def _number(cell: str) -> float | None:
    """Return the number of a cell; ``None`` if it is empty, or a spreadsheet program wrote it otherwise."""
    try:
        return float(cell)
    except ValueError:
        return None


def _is_ours(path: Path) -> bool:
    """Return whether a file has features of this module only."""
    try:
        features = json.loads(path.read_bytes())["features"]
        return all({"id", "photos", "verdict"} <= each["properties"].keys() for each in features)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
