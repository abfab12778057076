"""Plants a fault for each check, and sees that this check finds it."""

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import checks
from rehearsal import FUNCTIONS, Rehearsal

# How long a function that is broken is waited for.
PATIENCE_SECONDS = 20

ENDS_AT_ONCE = "#!/bin/sh\nexit 1\n"

# A worker that is ended by a panic, as one that is built with `panic = "abort"`.
ABORTS = """#!/bin/bash
mkfifo "$TMPDIR/said.$$"
{real} >"$TMPDIR/said.$$" 2>&1 &
while IFS= read -r line; do
  printf '%s\\n' "$line"
  [[ $line != *"planted: RUSHES_PANIC_ON_MESSAGE"* ]] || {{ kill -9 $!; exit 134; }}
done <"$TMPDIR/said.$$"
"""


# --- Faults: each takes a copy of what is to be deployed, and breaks it ----------


def break_template(rehearsal: Rehearsal) -> None:
    whole = rehearsal.template.read_text()
    rehearsal.template.write_text(whole.replace("Type: AWS::SQS::Queue\n", "Type: AWS::SQS::Queues\n", 1))


def take_sources_away(rehearsal: Rehearsal) -> None:
    """The template stands in a directory without a Cargo.toml."""


def take_render_away(rehearsal: Rehearsal) -> None:
    rehearsal.binary("render").unlink()


def grow_layer(rehearsal: Rehearsal) -> None:
    with (rehearsal.layer / "bin/voice").open("wb") as file:
        file.truncate(200_000_000)


def grow_function(rehearsal: Rehearsal) -> None:
    with (rehearsal.built / FUNCTIONS["sweep"] / "data").open("wb") as file:
        file.truncate(262_144_000)


def grow_api(rehearsal: Rehearsal) -> None:
    (rehearsal.built / FUNCTIONS["api"] / "data").write_bytes(os.urandom(6_000_000))


def need_new_glibc(rehearsal: Rehearsal) -> None:
    binary = rehearsal.binary("sweep")
    binary.write_bytes(binary.read_bytes() + b"\0GLIBC_2.38\0")


def change_processor(rehearsal: Rehearsal) -> None:
    binary = rehearsal.binary("ingest")
    content = bytearray(binary.read_bytes())
    # ELF's e_machine, of PowerPC.
    content[18:20] = (20).to_bytes(2, "little")
    binary.write_bytes(content)


def ends_at_once(*names: str) -> Callable[[Rehearsal], None]:
    def plant(rehearsal: Rehearsal) -> None:
        for name in names:
            replace(rehearsal.binary(name), ENDS_AT_ONCE)

    return plant


def aborts(*names: str) -> Callable[[Rehearsal], None]:
    def plant(rehearsal: Rehearsal) -> None:
        for name in names:
            real = rehearsal.binary(name).rename(rehearsal.work / f"real-{name}")
            replace(rehearsal.binary(name), ABORTS.format(real=real))

    return plant


def replace(binary: Path, content: str) -> None:
    binary.unlink(missing_ok=True)
    binary.write_text(content)
    binary.chmod(0o755)


# --- Which check is to find which fault -----------------------------------------

FAULTS_OF_FILES = {
    "sam validate": break_template,
    "cfn-lint": break_template,
    "sam build": take_sources_away,
    "built": take_render_away,
    "size": grow_layer,
    "Lambda's size limit": grow_function,
    "size of api": grow_api,
    "glibc": need_new_glibc,
    "architecture": change_processor,
}

# Faults that need a stack, which takes a while to start: some are planted together.
FAULTS_OF_FUNCTIONS = [
    (take_render_away, {"deployment"}),
    (ends_at_once("api", "ingest", "sweep"), {"api", "ingest", "sweep", "start"}),
    (ends_at_once("render"), {"render"}),
    (aborts("ingest", "render"), {"panic in ingest", "panic in render"}),
]


@contextmanager
def planted(rehearsal: Rehearsal, plant: Callable[[Rehearsal], None]) -> Iterator[Rehearsal]:
    """A copy with that fault."""
    work = rehearsal.work / "planted"
    work.mkdir()
    template = shutil.copy(rehearsal.template, work / "template.yaml")
    for directory in (*FUNCTIONS.values(), "MediaLayer"):
        shutil.copytree(rehearsal.built / directory, work / "built" / directory)
    copy = dataclasses.replace(
        rehearsal, template=Path(template), built=work / "built", work=work, patience_seconds=PATIENCE_SECONDS
    )
    try:
        plant(copy)
        yield copy
    finally:
        shutil.rmtree(work)


def found(check: checks.Check) -> bool:
    """Whether the check fails, as it has to."""
    if checks.passes(check):
        print(f"        but a fault was planted: {check.name} does not see it")
        return False
    return True


def find_all(rehearsal: Rehearsal) -> int:
    """How many checks do not find their fault."""
    print("self-test: each of these has to fail", flush=True)
    missed, seen = [], set()

    def see(check: checks.Check) -> None:
        seen.add(check.name)
        if not found(check):
            missed.append(check.name)

    for name, plant in FAULTS_OF_FILES.items():
        with planted(rehearsal, plant) as copy:
            see(next(check for check in checks.checks_of_files(copy) if check.name == name))
    for plant, names in FAULTS_OF_FUNCTIONS:
        with planted(rehearsal, plant) as copy, checks.checks_of_functions(copy) as of_functions:
            for check in of_functions:
                if check.name in names:
                    see(check)
                elif check.name == "deployment":
                    check.look()
    with checks.checks_of_functions(rehearsal) as of_functions:
        every = {check.name for check in [*checks.checks_of_files(rehearsal), *of_functions]}
    missed += sorted(every - seen)
    said = f"not found: {', '.join(missed)}" if missed else f"each of {len(seen)} checks found its fault"
    print(f"self-test: {said}")
    return len(missed)
