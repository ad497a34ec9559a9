"""Measure the unpacked size of packages and code, without Python and the model."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

OUR_CODE, COMPILED = "Frond's code", "compiled Python"


@dataclass(frozen=True, slots=True)
class PackageSize:
    """Bytes of an implementation by package, the largest first, and of its model."""

    implementation: str
    packages: dict[str, int]
    model: int

    @property
    def total(self) -> int:
        """Bytes of packages and code."""
        return sum(self.packages.values())


def weigh(implementation: str, packages: Path, code: Path | None, model: Path) -> PackageSize:
    """Measure a folder of installed packages and, if given, Frond's code.

    Parameters
    ----------
    implementation
        Key of the implementation.
    packages
        Folder of installed packages. Compiled Python counts separately.
    code
        Folder of the function; its model does not count as code.
    model
        Model file.
    """
    owners = {path: owner.name for owner in distributions(path=[str(packages)]) for path in _files(owner)}
    found: Counter[str] = Counter()
    for path, size in _sizes(packages):
        found[COMPILED if path.suffix == ".pyc" else owners.get(path, "other files")] += size
    for path, size in _sizes(code) if code else ():
        if "model" not in path.relative_to(code or path).parts[:1]:
            found[COMPILED if path.suffix == ".pyc" else OUR_CODE] += size
    return PackageSize(implementation, dict(found.most_common()), model.stat().st_size)


def _files(owner: Distribution) -> Iterator[Path]:
    for path in owner.files or ():
        yield Path(str(owner.locate_file(path))).resolve()


def _sizes(folder: Path) -> Iterator[tuple[Path, int]]:
    for path in folder.resolve().rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path, path.stat().st_size
