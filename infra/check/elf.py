"""What a program or library for Linux says about itself: for which processor it is, and which glibc it needs."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

# Amazon Linux 2023 has glibc 2.34.
NEWEST_GLIBC = 34

# As in ELF's e_machine, and as Lambda names them.
MACHINES = {62: "x86_64", 183: "arm64"}


def is_elf(content: bytes) -> bool:
    return content.startswith(b"\x7fELF")


def architecture(content: bytes) -> str:
    machine = int.from_bytes(content[18:20], "little")
    return MACHINES.get(machine, f"machine {machine}")


def needed_glibc(content: bytes) -> int:
    """The minor version of the newest symbol: 28 for GLIBC_2.28, 0 where nothing is linked dynamically."""
    return max(map(int, re.findall(rb"\0GLIBC_2\.(\d+)", content)), default=0)


def binaries(directory: Path) -> Iterator[tuple[Path, bytes]]:
    """Programs and libraries under a directory, compressed ones unpacked."""
    for path in sorted(filter(Path.is_file, directory.rglob("*"))):
        if path.suffix == ".zst":
            content = subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
        else:
            content = path.read_bytes()
        if is_elf(content):
            yield path, content


def faults(directory: Path, wanted: str) -> list[str]:
    """What would not run on Amazon Linux 2023 with that architecture, and why."""
    found = []
    for path, content in binaries(directory):
        name = path.relative_to(directory)
        if architecture(content) != wanted:
            found.append(f"{name} is for {architecture(content)}, not {wanted}")
        if needed_glibc(content) > NEWEST_GLIBC:
            found.append(f"{name} needs glibc 2.{needed_glibc(content)}; Amazon Linux 2023 has 2.{NEWEST_GLIBC}")
    return found
