"""Unpacked size of what is shipped, without Python itself and without the model, by package."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

OUR_CODE, COMPILED = "Frond's code", "compiled Python"


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of what a contender ships, by package, the largest first; ``model`` is beside them."""

    contender: str
    packages: dict[str, int]
    model: int

    @property
    def total(self) -> int:
        """Bytes of packages and code."""
        return sum(self.packages.values())


def weigh(contender: str, packages: Path, code: Path | None, model: Path) -> Size:
    """Weigh a folder of installed packages, and Frond's own code where it is part of what is shipped.

    Parameters
    ----------
    contender
        Its key.
    packages
        What pip put there; what Python compiled is counted apart, as none of the packages' own.
    code
        The function's folder; the model inside is no code.
    model
        The model's file.
    """
    owners = {path: owner.name for owner in distributions(path=[str(packages)]) for path in _files(owner)}
    found: Counter[str] = Counter()
    for path, size in _sizes(packages):
        found[COMPILED if path.suffix == ".pyc" else owners.get(path, "other files")] += size
    for path, size in _sizes(code) if code else ():
        if "model" not in path.relative_to(code or path).parts[:1]:
            found[COMPILED if path.suffix == ".pyc" else OUR_CODE] += size
    return Size(contender, dict(found.most_common()), model.stat().st_size)


def _files(owner: Distribution) -> Iterator[Path]:
    for path in owner.files or ():
        yield Path(str(owner.locate_file(path))).resolve()


def _sizes(folder: Path) -> Iterator[tuple[Path, int]]:
    for path in folder.resolve().rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path, path.stat().st_size
