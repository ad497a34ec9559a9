"""Pascal VOC annotation files (Everingham et al. 2010, doi:10.1007/s11263-009-0275-4).

Their pixels count from 1 and their edges are inclusive: the first pixel alone is ``1, 1, 1, 1``.
"""

import xml.etree.ElementTree as ET

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from training.data.split import Split
from training.detection.annotations import AnnotatedPhoto, LabelledBox
from training.errors import TrainingError

# Names of the lists of photos in ImageSets/Main, by split.
SPLIT_LISTS: dict[Split, str] = {"train": "train", "validation": "val", "test": "test"}
# 5,000 objects are about 2 MB.
MAX_BYTES = 20_000_000


def parse_voc(content: bytes, source: str) -> AnnotatedPhoto:
    """Parse an annotation file; the photo's name is its ``filename``, or empty.

    Raises
    ------
    training.errors.TrainingError
        The file is not VOC, too large, or declares entities.
    """
    if len(content) > MAX_BYTES:
        raise TrainingError(f"{source} has more than {MAX_BYTES // 1_000_000} MB.")
    try:
        root = fromstring(content, forbid_dtd=True)
        if root.tag != "annotation":
            raise TrainingError(f"{source} is not a Pascal VOC file: its root is <{root.tag}>.")
        return AnnotatedPhoto(
            _text(root, "filename").replace("\\", "/").rpartition("/")[2],
            int(float(_text(root, "size/width") or 0)),
            int(float(_text(root, "size/height") or 0)),
            [_box(element) for element in root.iterfind("object")],
        )
    except DefusedXmlException as error:
        raise TrainingError(f"{source} declares XML entities or a DTD, which no annotation needs.") from error
    except (ET.ParseError, ValueError, OverflowError, LookupError) as error:
        raise TrainingError(f"{source} is not a readable Pascal VOC file: {error}") from error


def format_voc(photo: AnnotatedPhoto) -> str:
    """Return the annotation file of a photo."""
    root = ET.Element("annotation")
    folder, _, name = photo.file.rpartition("/")
    _add(root, "folder", folder.rpartition("/")[2])
    _add(root, "filename", name)
    size = ET.SubElement(root, "size")
    for tag, pixels in (("width", photo.width), ("height", photo.height), ("depth", 3)):
        _add(size, tag, str(pixels))
    _add(root, "segmented", "0")
    for box in photo.boxes:
        _add_object(root, box)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _box(element: ET.Element) -> LabelledBox:
    label = _text(element, "name")
    if not label:
        raise ValueError("an object has no name")
    xmin, ymin, xmax, ymax = (_number(element, f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax"))
    occluded = _text(element, "occluded")
    return LabelledBox(
        label,
        xmin - 1,
        ymin - 1,
        xmax,
        ymax,
        difficult=_text(element, "difficult") == "1",
        truncated=_text(element, "truncated") == "1",
        occluded=occluded == "1" if occluded else None,
        pose=_text(element, "pose") or None,
    )


def _number(element: ET.Element, path: str) -> float:
    value = float(_text(element, path) or "nan")
    if not abs(value) < float("inf"):
        raise ValueError(f"an object has no number in {path}")
    return value


def _text(element: ET.Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _add_object(root: ET.Element, box: LabelledBox) -> None:
    element = ET.SubElement(root, "object")
    _add(element, "name", box.label)
    _add(element, "pose", box.pose or "Unspecified")
    _add(element, "truncated", str(int(box.truncated)))
    _add(element, "difficult", str(int(box.difficult)))
    if box.occluded is not None:
        _add(element, "occluded", str(int(box.occluded)))
    edges = ET.SubElement(element, "bndbox")
    for edge, pixels in (
        ("xmin", box.xmin + 1),
        ("ymin", box.ymin + 1),
        ("xmax", box.xmax),
        ("ymax", box.ymax),
    ):
        _add(edges, edge, f"{pixels:.15g}")
