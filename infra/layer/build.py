#!/usr/bin/env python3
"""Builds the Lambda layer: ffmpeg, rushes-speak, and espeak-ng's library and voices.

Takes the ffmpeg of the wheel that is pinned in ../local/requirements.txt and
espeak-ng of Debian 12, the same as on a developer's machine, each checked by
its hash. Runs on any Linux with Python, zstd and cargo-lambda, for either
architecture that Lambda has.
"""

import argparse
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "infra/check"))

import elf  # noqa: E402  (found by the line above)

REQUIREMENTS = ROOT / "infra/local/requirements.txt"


class Architecture(NamedTuple):
    """What each supplier calls it."""

    debian: str
    wheel: str
    zig: str
    cargo_lambda: str


ARCHITECTURES = {
    "x86_64": Architecture("amd64", "manylinux_2_28_x86_64", "x86_64-linux-gnu", "--x86-64"),
    "arm64": Architecture("arm64", "manylinux_2_28_aarch64", "aarch64-linux-gnu", "--arm64"),
}

DEBIAN = "https://deb.debian.org/debian/pool/main"
PACKAGES = {
    "e/espeak-ng/libespeak-ng1_1.51+dfsg-10+deb12u2_amd64.deb":
        "2b127a95b50d92cbd7a615968d2ac1566e1cbc87e27bcda0c2894afb2407c6d2",
    "e/espeak-ng/libespeak-ng1_1.51+dfsg-10+deb12u2_arm64.deb":
        "5f3d28e7b025c79bda18f5de2394a2722d611b1e3c45f0b52de51337789150a6",
    "e/espeak-ng/espeak-ng-data_1.51+dfsg-10+deb12u2_amd64.deb":
        "573f5661c6a5adcf949018baad158c4c773bf5579390ee5235a890f1cd694106",
    "e/espeak-ng/espeak-ng-data_1.51+dfsg-10+deb12u2_arm64.deb":
        "d0312b604c496d2418a15145cbe225dc34fcc8cc075bb737ed0fc65e0f88ea35",
    "s/sonic/libsonic0_0.2.0-12_amd64.deb":
        "9d60de6918ace0b10e3e4e95421befd08aaf03b5b2a3d71ceb799e0cf259916f",
    "s/sonic/libsonic0_0.2.0-12_arm64.deb":
        "15987e29ab068f204178067df837a5b62025bc8927f308f6ae1bf27242473353",
}

# Where each file of the packages goes; what matches nothing stays out.
PLACES = [
    (r"usr/lib/[^/]+/(lib\w+(?:-ng)?\.so\.\d+)", r"lib/\1"),
    (r"usr/lib/[^/]+/(espeak-ng-data/.+)", r"share/\1"),
    (r"usr/share/doc/([^/]+)/copyright", r"share/doc/\1/copyright"),
]

# Of 173 MB, 15 leaves 61 and 19 leaves 54; each is unpacked within the same second. xz leaves 50 and takes four.
ZSTD_LEVEL = 19


def download(path: str, sha256: str) -> bytes:
    url = f"{DEBIAN}/{path}"
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            content = response.read()
    except OSError as error:
        sys.exit(f"layer: {url}: {error}\nIf Debian has replaced this version, name the new one and its hash in build.py.")
    if hashlib.sha256(content).hexdigest() != sha256:
        sys.exit(f"layer: {url} is not the file that build.py names")
    return content


def data_archive(package: bytes) -> tarfile.TarFile:
    """The files of a Debian package, which is an `ar` archive of headers of 60 bytes and padded bodies."""
    position = len(b"!<arch>\n")
    while position < len(package):
        name = package[position : position + 16].decode().rstrip(" /")
        size = int(package[position + 48 : position + 58])
        position += 60
        if name.startswith("data.tar"):
            return tarfile.open(fileobj=io.BytesIO(package[position : position + size]))
        position += size + size % 2
    sys.exit("layer: a Debian package without files")


def unpack(package: bytes, layer: Path) -> None:
    with data_archive(package) as archive:
        for member in archive:
            for pattern, place in PLACES:
                if match := re.fullmatch(pattern, member.name.removeprefix("./")):
                    # A link to a library (libx.so.1 → libx.so.1.2) becomes the library itself.
                    if source := archive.extractfile(member):
                        put(layer / match.expand(place), source.read(), member.mode)


def put(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def pinned_ffmpeg(architecture: Architecture) -> bytes:
    pin = re.search(r"^imageio-ffmpeg==(?:.*\\\n)*.*", REQUIREMENTS.read_text(), re.MULTILINE)
    with tempfile.TemporaryDirectory() as directory:
        requirements = Path(directory, "requirements.txt")
        requirements.write_text(pin.group())
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            + ["--require-hashes", "--no-deps", "--only-binary=:all:", f"--platform={architecture.wheel}"]
            + [f"--dest={directory}", f"--requirement={requirements}"],
            check=True,
        )
        [wheel] = Path(directory).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            [name] = [name for name in archive.namelist() if "/binaries/ffmpeg-linux" in name]
            return archive.read(name)


def compressed(content: bytes) -> Path:
    """The content in a file of zstd's, which is made once: it takes minutes."""
    made = ROOT / f"target/zstd/{hashlib.sha256(content).hexdigest()}-{ZSTD_LEVEL}.zst"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=made.parent) as directory:
            whole, less = Path(directory, "whole"), Path(directory, "less")
            whole.write_bytes(content)
            # The number of threads does not change what comes out.
            subprocess.run(["zstd", "-q", f"-{ZSTD_LEVEL}", "-T0", "-o", less, whole], check=True)
            less.rename(made)
    return made


def add_ffmpeg(layer: Path, architecture: Architecture) -> None:
    # A function may have 250 MiB with its layers; the renderer unpacks ffmpeg into /tmp when it starts.
    put(layer / "bin/ffmpeg.zst", compressed(pinned_ffmpeg(architecture)).read_bytes(), 0o644)


def add_espeak(layer: Path, architecture: Architecture) -> None:
    for path, sha256 in PACKAGES.items():
        if path.endswith(f"_{architecture.debian}.deb"):
            unpack(download(path, sha256), layer)
    subprocess.run(
        [zig(), "cc", "-target", architecture.zig, "-shared", "-fPIC", "-nostdlib", "-Os", "-s", "-Wall", "-Werror"]
        + ["-Wl,-soname,libpcaudio.so.0", "-o", layer / "lib/libpcaudio.so.0", HERE / "pcaudio_stub.c"],
        check=True,
    )


def zig() -> str:
    """The compiler that cargo-lambda links with; a machine's own builds for that machine."""
    return shutil.which("python-zig") or shutil.which("zig") or sys.exit("layer: zig is missing: infra/local/setup test")


def add_speak(layer: Path, architecture: Architecture) -> None:
    # cargo-lambda links for the glibc of Amazon Linux, whatever this machine has.
    subprocess.run(
        ["cargo", "lambda", "build", "--release", "--locked", "--package=rushes-speak"]
        + [architecture.cargo_lambda, f"--lambda-dir={ROOT / 'target/lambda'}"],
        check=True,
        cwd=ROOT,
    )
    put(layer / "bin/rushes-speak", (ROOT / "target/lambda/rushes-speak/bootstrap").read_bytes(), 0o755)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="x86_64", help="(default: %(default)s)")
    parser.add_argument("directory", type=Path, help="where the layer is made")
    arguments = parser.parse_args()
    if not shutil.which("zstd"):
        sys.exit("layer: zstd is missing: apt-get install zstd, or dnf install zstd")
    layer, architecture = arguments.directory, ARCHITECTURES[arguments.architecture]
    for part in ("bin", "lib", "share"):
        shutil.rmtree(layer / part, ignore_errors=True)
    add_ffmpeg(layer, architecture)
    add_espeak(layer, architecture)
    add_speak(layer, architecture)
    if faults := elf.faults(layer, arguments.architecture):
        sys.exit("layer: " + "\nlayer: ".join(faults))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"layer: {' '.join(map(str, error.cmd[:3]))} … failed; its message is above")
