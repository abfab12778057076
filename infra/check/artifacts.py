"""What is deployed, looked at without running it: sizes, processors, libraries."""

import io
import zipfile
from pathlib import Path

import elf
from rehearsal import FUNCTIONS, Fault, Rehearsal

# What the layer and the renderer may take together.
LARGEST_DEPLOYED_BYTES = 150_000_000
# Lambda's own limit for a function and its layers, unpacked.
LAMBDA_LIMIT_BYTES = 262_144_000
# What is loaded before the API answers for the first time. It has 6.2 MB; 6 are the goal.
LARGEST_API_ZIP_BYTES = 6_500_000


def megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"


def size_of(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def zipped_size(path: Path) -> int:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for part in sorted(path.rglob("*")):
            file.write(part, part.relative_to(path))
    return len(archive.getvalue())


def all_built(rehearsal: Rehearsal) -> str:
    wanted = [rehearsal.binary(name) for name in FUNCTIONS] + [rehearsal.layer / "bin/ffmpeg.zst"]
    if missing := [str(path.relative_to(rehearsal.built)) for path in wanted if not path.is_file()]:
        raise Fault(f"{rehearsal.built} lacks {', '.join(missing)}; run this without --no-build")
    return f"{len(FUNCTIONS)} functions and the layer in {rehearsal.built}"


def within_our_limit(rehearsal: Rehearsal) -> str:
    layer, render = size_of(rehearsal.layer), size_of(rehearsal.built / FUNCTIONS["render"])
    parts = f"layer {megabytes(layer)} + render {megabytes(render)} = {megabytes(layer + render)}"
    if layer + render > LARGEST_DEPLOYED_BYTES:
        limit = megabytes(LARGEST_DEPLOYED_BYTES)
        raise Fault(f"{parts}, more than {limit}; see what has grown: du -a {rehearsal.layer}")
    return parts


def within_lambdas_limit(rehearsal: Rehearsal) -> str:
    layer = size_of(rehearsal.layer)
    sizes = {name: size_of(rehearsal.built / directory) + layer for name, directory in FUNCTIONS.items()}
    largest = max(sizes, key=sizes.get)
    if sizes[largest] > LAMBDA_LIMIT_BYTES:
        raise Fault(
            f"{largest} and the layer have {sizes[largest]:,} bytes; Lambda refuses more than {LAMBDA_LIMIT_BYTES:,}"
        )
    return f"{largest} is the largest: {sizes[largest]:,} of {LAMBDA_LIMIT_BYTES:,} bytes"


def api_is_small(rehearsal: Rehearsal) -> str:
    zipped = {name: zipped_size(rehearsal.built / directory) for name, directory in FUNCTIONS.items()}
    if zipped["api"] > LARGEST_API_ZIP_BYTES:
        raise Fault(
            f"api has {megabytes(zipped['api'])} zipped, more than {megabytes(LARGEST_API_ZIP_BYTES)};"
            " see what it links: cargo tree -p rushes-api"
        )
    return "zipped: " + ", ".join(f"{name} {megabytes(size)}" for name, size in zipped.items())


def directories(rehearsal: Rehearsal) -> list[Path]:
    return [rehearsal.layer, *(rehearsal.built / directory for directory in FUNCTIONS.values())]


def glibc_is_old_enough(rehearsal: Rehearsal) -> str:
    needed = {}
    for directory in directories(rehearsal):
        for path, content in elf.binaries(directory):
            needed[str(path.relative_to(rehearsal.built))] = elf.needed_glibc(content)
    newest = max(needed, key=needed.get)
    if needed[newest] > elf.NEWEST_GLIBC:
        raise Fault(
            f"{newest} needs glibc 2.{needed[newest]}, Amazon Linux 2023 has 2.{elf.NEWEST_GLIBC};"
            " build it with cargo-lambda, or take an older one"
        )
    return f"{len(needed)} programs and libraries; {newest} needs the newest, 2.{needed[newest]}"


def architecture_is_as_asked(rehearsal: Rehearsal) -> str:
    count = 0
    for directory in directories(rehearsal):
        for path, content in elf.binaries(directory):
            count += 1
            if (found := elf.architecture(content)) != rehearsal.architecture:
                raise Fault(
                    f"{path.relative_to(rehearsal.built)} is for {found}, not {rehearsal.architecture};"
                    f" run sam build --parameter-overrides Architecture={rehearsal.architecture}"
                )
    return f"{count} programs and libraries for {rehearsal.architecture}"
