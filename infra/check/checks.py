"""What is looked at before a deployment, and how it is said."""

import platform
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import artifacts
import local_aws
from alone import Alone
from local_stack import ROOT, Failure
from rehearsal import TOOLS, Fault, Rehearsal, run
from smoke import Smoke

SAM = TOOLS / "sam/bin/sam"


class Check(NamedTuple):
    name: str
    look: Callable[[], str]


# --- What is looked at ----------------------------------------------------------


def validate(rehearsal: Rehearsal) -> str:
    run([SAM, "validate", "--lint", "--template", rehearsal.template], "sam does not take the template:", cwd=ROOT)
    return "sam takes the template"


def lint(rehearsal: Rehearsal) -> str:
    run([TOOLS / "sam/bin/cfn-lint", rehearsal.template], "cfn-lint complains:", cwd=ROOT)
    return "no complaints"


def build(rehearsal: Rehearsal) -> str:
    began = time.monotonic()
    arguments = ["--template", rehearsal.template, "--build-dir", rehearsal.built]
    parameters = ["--parameter-overrides", f"Architecture={rehearsal.architecture}"]
    run([SAM, "build", *arguments, *parameters], "sam build failed:", cwd=ROOT)
    return f"built in {time.monotonic() - began:.0f} s"


def checks_of_files(rehearsal: Rehearsal) -> list[Check]:
    looks = {
        "sam validate": validate,
        "cfn-lint": lint,
        "sam build": build,
        "built": artifacts.all_built,
        "size": artifacts.within_our_limit,
        "Lambda's size limit": artifacts.within_lambdas_limit,
        "size of api": artifacts.api_is_small,
        "glibc": artifacts.glibc_is_old_enough,
        "architecture": artifacts.architecture_is_as_asked,
    }
    return [Check(name, lambda look=look: look(rehearsal)) for name, look in looks.items()]


@contextmanager
def checks_of_functions(rehearsal: Rehearsal) -> Iterator[list[Check]]:
    """Checks that share a local AWS, which the first of them starts."""
    with ExitStack() as stack:
        place: dict = {}

        def deploy() -> str:
            aws = stack.enter_context(local_aws.local_aws(rehearsal.work / "aws"))
            ffmpeg = local_aws.unpacked_ffmpeg(rehearsal)
            programs = local_aws.binaries(rehearsal, rehearsal.work / "bin")
            whole = ["--functions", "--bin-dir", str(programs), "--parameter", "ApiKeys=open"]
            place["smoke"] = Smoke(aws, aws.deploy(["--stack", "rehearsal", *whole], RUSHES_FFMPEG=str(ffmpeg)), rehearsal)
            place["alone"] = Alone(aws, aws.deploy(["--stack", "rehearsal-data"], RUSHES_FFMPEG=str(ffmpeg)), rehearsal)
            return f"the whole template, on {aws.endpoint}"

        def later(part: str, method: str) -> Callable[[], str]:
            def look() -> str:
                if part not in place:
                    raise Fault("nothing is deployed; see above")
                return getattr(place[part], method)()

            return look

        yield [
            Check("deployment", deploy),
            Check("api", later("smoke", "api")),
            Check("ingest", later("smoke", "ingest")),
            Check("render", later("smoke", "render")),
            Check("sweep", later("smoke", "sweep")),
            Check("panic in ingest", later("alone", "ingest_panics")),
            Check("panic in render", later("alone", "render_panics")),
            Check("start", later("alone", "roots")),
        ]


# --- How it is said -------------------------------------------------------------


def passes(check: Check) -> bool:
    try:
        said = check.look()
    except Failure as fault:
        print(f"FAILED  {check.name}: {fault}", flush=True)
        return False
    # Nobody foresaw it, and the other checks may still say why.
    except Exception as error:  # noqa: BLE001
        print(f"FAILED  {check.name}: {type(error).__name__}: {error}", flush=True)
        return False
    print(f"ok      {check.name}: {said}", flush=True)
    return True


def runs_here(architecture: str) -> bool:
    return {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine()) == architecture


def check_all(rehearsal: Rehearsal, is_to_build: bool) -> int:
    """How many checks failed."""
    if not is_to_build:
        print(f"-       sam build: not asked for, {rehearsal.built} is taken as it is")
    checks = [check for check in checks_of_files(rehearsal) if is_to_build or check.name != "sam build"]
    failed = sum(not passes(check) for check in checks)
    if not runs_here(rehearsal.architecture):
        print(f"-       functions: a machine with {platform.machine()} runs none for {rehearsal.architecture}")
        return failed
    with checks_of_functions(rehearsal) as checks:
        return failed + sum(not passes(check) for check in checks)
