"""Read for which processor the built packages are."""

import struct
from pathlib import Path

# e_machine of an ELF header: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
_MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}


class ArchitectureMismatchError(Exception):
    """A build for another processor than the one to deploy to."""


def check_architecture(build: Path, architecture: str) -> None:
    """Check that every compiled library of a build is for a processor architecture.

    Parameters
    ----------
    build
        Folder of ``sam build``.
    architecture
        ``x86_64`` or ``arm64``.

    Raises
    ------
    ArchitectureMismatchError
        If one is not, or if there is no compiled library to read it from.
    """
    libraries = sorted(path for path in build.rglob("*.so*") if path.is_file())
    if not libraries:
        raise ArchitectureMismatchError(f"{build} holds no compiled library: run `make build`")
    for library in libraries:
        machine = elf_machine(library)
        if machine != architecture:
            raise ArchitectureMismatchError(
                f"{library.relative_to(build)} is for {machine}, but Architecture is {architecture}: "
                "build it again with `make build`"
            )


def elf_machine(library: Path) -> str:
    """Return the processor architecture of an ELF file."""
    with library.open("rb") as file:
        header = file.read(20)
    if header[:4] != b"\x7fELF" or len(header) < 20:
        return "no processor"
    (machine,) = struct.unpack_from("<H" if header[5] == 1 else ">H", header, 18)
    return _MACHINES.get(machine, f"machine {machine:#x}")
