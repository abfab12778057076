"""What keeping connections saves: calls to a TLS server on this machine, with the pool and without."""

import json
import os
import subprocess
from typing import Any

from paths import ROOT, Broken

PROGRAM = ROOT / "target/local/examples/pool"
AUTHORITY = ROOT / "crates/content/src/http/certificates/authority.pem"


def measure(runs: int) -> dict[str, Any]:
    """The run with the median time of a call with the pool."""
    told = [_run() for _ in range(runs)]
    told.sort(key=lambda run: run["with_pool"]["median_ms"])
    connections = [run["with_pool"]["connections"] for run in told]
    return {"runs": runs, "most_connections": max(connections), **told[len(told) // 2]}


def _run() -> dict[str, Any]:
    environment = {**os.environ, "SSL_CERT_FILE": str(AUTHORITY)}
    run = subprocess.run([PROGRAM], env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise Broken(f"the calls failed: {run.stderr[-300:]}")
    return json.loads(run.stdout)
