#!/usr/bin/env python3
"""Says before `sam deploy` whether what is deployed will hold, as far as that can be known without an account.

Prints a line for each check. Ends with 1 if one of them failed, which then says what to do.
"""

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))
# Some of these lie there, or take from there.
import elf  # noqa: E402
from checks import check_all  # noqa: E402
from local_stack import ROOT  # noqa: E402
from rehearsal import Rehearsal  # noqa: E402
from self_test import find_all  # noqa: E402


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-build", action="store_true", help="take what `sam build` has left")
    parser.add_argument("--self-test", action="store_true", help="then plant a fault for each check, to be found")
    default = {"help": "(default: %(default)s)"}
    parser.add_argument("--built", type=Path, default=ROOT / ".aws-sam/build", metavar="DIRECTORY", **default)
    parser.add_argument("--architecture", choices=sorted(elf.MACHINES.values()), default="x86_64", **default)
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    if not shutil.which("zstd"):
        sys.exit("deploy-check: zstd is missing: infra/local/setup test")
    # What was started ends with this, whoever asks for it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="rushes-check-") as directory:
        rehearsal = Rehearsal(ROOT / "template.yaml", asked.built.resolve(), asked.architecture, Path(directory))
        failed = check_all(rehearsal, not asked.no_build)
        found = f"{failed} failed" if failed else "all is well; infra/README.md says what only an account can show"
        print(f"deploy-check: {found}", flush=True)
        # A check that fails anyway shows nothing by failing.
        if asked.self_test and not failed:
            failed = find_all(rehearsal)
    return int(failed > 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
