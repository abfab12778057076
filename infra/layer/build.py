#!/usr/bin/env python3
"""Builds the Lambda layer: ffmpeg, rushes-speak, and espeak-ng's library and voices.

Takes the ffmpeg of the wheel that is pinned in ../local/requirements.txt and
espeak-ng of Debian 12, the same as on a developer's machine, each checked by
its hash. Runs on any x86-64 Linux with Python, a C compiler and cargo-lambda.
"""

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

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REQUIREMENTS = ROOT / "infra/local/requirements.txt"

DEBIAN = "https://deb.debian.org/debian/pool/main"
PACKAGES = {
    "e/espeak-ng/libespeak-ng1_1.51+dfsg-10+deb12u2_amd64.deb":
        "2b127a95b50d92cbd7a615968d2ac1566e1cbc87e27bcda0c2894afb2407c6d2",
    "e/espeak-ng/espeak-ng-data_1.51+dfsg-10+deb12u2_amd64.deb":
        "573f5661c6a5adcf949018baad158c4c773bf5579390ee5235a890f1cd694106",
    "s/sonic/libsonic0_0.2.0-12_amd64.deb":
        "9d60de6918ace0b10e3e4e95421befd08aaf03b5b2a3d71ceb799e0cf259916f",
}

# Where each file of the packages goes; what matches nothing stays out.
PLACES = [
    (r"usr/lib/[^/]+/(lib\w+(?:-ng)?\.so\.\d+)", r"lib/\1"),
    (r"usr/lib/[^/]+/(espeak-ng-data/.+)", r"share/\1"),
    (r"usr/share/doc/([^/]+)/copyright", r"share/doc/\1/copyright"),
]

# Amazon Linux 2023 has glibc 2.34.
NEWEST_GLIBC = 34


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


def add_ffmpeg(layer: Path) -> None:
    pin = re.search(r"^imageio-ffmpeg==(?:.*\\\n)*.*", REQUIREMENTS.read_text(), re.MULTILINE)
    with tempfile.TemporaryDirectory() as directory:
        requirements = Path(directory, "requirements.txt")
        requirements.write_text(pin.group())
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            + ["--require-hashes", "--no-deps", "--only-binary=:all:", "--platform=manylinux_2_28_x86_64"]
            + [f"--dest={directory}", f"--requirement={requirements}"],
            check=True,
        )
        [wheel] = Path(directory).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            [name] = [name for name in archive.namelist() if "/binaries/ffmpeg-linux" in name]
            put(layer / "bin/ffmpeg", archive.read(name), 0o755)


def add_espeak(layer: Path) -> None:
    for path, sha256 in PACKAGES.items():
        unpack(download(path, sha256), layer)
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-nostdlib", "-Os", "-s", "-Wall", "-Werror", "-Wl,-soname,libpcaudio.so.0"]
        + ["-o", layer / "lib/libpcaudio.so.0", HERE / "pcaudio_stub.c"],
        check=True,
    )


def add_speak(layer: Path) -> None:
    # cargo-lambda links for the glibc of Amazon Linux, whatever this machine has.
    subprocess.run(
        ["cargo", "lambda", "build", "--release", "--locked", "--package=rushes-speak"]
        + ["--target=x86_64-unknown-linux-gnu", f"--lambda-dir={ROOT / 'target/lambda'}"],
        check=True,
        cwd=ROOT,
    )
    put(layer / "bin/rushes-speak", (ROOT / "target/lambda/rushes-speak/bootstrap").read_bytes(), 0o755)


def check_glibc(layer: Path) -> None:
    for path in filter(Path.is_file, layer.rglob("*")):
        content = path.read_bytes()
        if content.startswith(b"\x7fELF"):
            newest = max(map(int, re.findall(rb"\0GLIBC_2\.(\d+)", content)), default=0)
            if newest > NEWEST_GLIBC:
                sys.exit(f"layer: {path.name} needs glibc 2.{newest}; Amazon Linux 2023 has 2.{NEWEST_GLIBC}")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: build.py DIRECTORY")
    layer = Path(sys.argv[1])
    for part in ("bin", "lib", "share"):
        shutil.rmtree(layer / part, ignore_errors=True)
    add_ffmpeg(layer)
    add_espeak(layer)
    add_speak(layer)
    check_glibc(layer)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"layer: {' '.join(map(str, error.cmd[:3]))} … failed; its message is above")
