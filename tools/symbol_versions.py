"""Compare the locked wheels with the base image's C and C++ libraries, for both architectures.

``make symbols`` runs it. The names of wheels do not say enough: LiteRT's for arm64 names glibc 2.27 and
needs 2.34.
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[1]
LOCKS = ("classify", "preprocess")
MACHINES = ("x86_64", "aarch64")
Version = tuple[int, ...]

# Amazon Linux 2023 has glibc 2.34, and since April 2025 the C++ library of GCC 14. That of GCC 11 before
# ends at GLIBCXX_3.4.29: https://github.com/amazonlinux/container-images/issues/132
BASE: dict[str, Version] = {"GLIBC": (2, 34), "GLIBCXX": (3, 4, 33), "CXXABI": (1, 3, 15)}
# A library that a wheel brings defines these versions and does not need them.
_BRINGS = re.compile(r"lib(stdc\+\+|gcc_s|gfortran|c\+\+)")
_VERSION = re.compile(rb"\0(GLIBC|GLIBCXX|CXXABI)_(\d+(?:\.\d+)+)(?=\0)")
_GLIBCS = ("2_34", "2_28", "2_27", "2_26", "2_17")


def symbol_versions(library: bytes) -> dict[str, Version]:
    """Return the newest symbol version of each C and C++ library that an ELF file names."""
    newest: dict[str, Version] = {}
    for found in _VERSION.finditer(library):
        version = tuple(map(int, found[2].split(b".")))
        newest[found[1].decode()] = max(newest.get(found[1].decode(), version), version)
    return newest


def unmet_needs(wheel: Path) -> Iterator[str]:
    """Yield a sentence for each library of a wheel that needs newer symbols than the base has."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if ".so" not in Path(name).name or _BRINGS.match(Path(name).name):
                continue
            for library, version in symbol_versions(archive.read(name)).items():
                if version > BASE[library]:
                    yield f"{wheel.name}: {name} needs {library}_{'.'.join(map(str, version))}"


def download(lock: Path, machine: str, folder: Path) -> list[Path]:
    """Download the wheels of a lock for a processor architecture."""
    platforms = [f"manylinux_{glibc}_{machine}" for glibc in _GLIBCS] + [f"manylinux2014_{machine}"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--only-binary",
        ":all:",
        "--require-hashes",
    ]
    command += ["--implementation", "cp", "--python-version", "3.13", "--dest", str(folder), "-r", str(lock)]
    command += [argument for platform in platforms for argument in ("--platform", platform)]
    subprocess.run(command, check=True)  # noqa: S603 - no shell
    return sorted(folder.glob("*.whl"))


def main() -> int:
    """Print the unmet needs of both architectures; return 1 if there are any."""
    unmet: set[str] = set()
    for machine in MACHINES:
        for lock in LOCKS:
            with tempfile.TemporaryDirectory() as folder:
                wheels = download(_ROOT / "requirements" / f"{lock}.txt", machine, Path(folder))
                unmet |= {need for wheel in wheels for need in unmet_needs(wheel)}
                print(f"{lock}, {machine}: {len(wheels)} wheels")  # noqa: T201
    print("\n".join(sorted(unmet)) or "The base has every symbol version that they need.")  # noqa: T201
    return 1 if unmet else 0


if __name__ == "__main__":
    sys.exit(main())
