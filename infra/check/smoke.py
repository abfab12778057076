"""The stack on the local AWS, with the programs that are to be deployed: each function does its work once."""

import json
import time
import urllib.error
import urllib.request

from local_aws import RehearsedAws
from rehearsal import Fault, Rehearsal

SCRIPT = {"script": "Made before it is deployed.", "output": {"resolution": "480p"}}
MANIFEST = b"script,output.resolution\nMade of a manifest.,480p\n"


def request(url: str, body: dict | None = None) -> dict:
    data = json.dumps(body).encode() if body is not None else None
    sent = urllib.request.Request(url, data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(sent, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise Fault(f"{url} answers {error.code}: {error.read().decode(errors='replace')[:200]}") from error
    except (OSError, ValueError) as error:
        raise Fault(f"{url} does not answer: {error}") from error


class Smoke:
    """A deployed stack."""

    def __init__(self, aws: RehearsedAws, outputs: dict[str, str], rehearsal: Rehearsal) -> None:
        self.aws, self.outputs, self.patience_seconds = aws, outputs, rehearsal.patience_seconds

    def wait_for(self, look, complaint: str):
        until = time.monotonic() + self.patience_seconds
        while time.monotonic() < until:
            if found := look():
                return found
            time.sleep(0.3)
        raise Fault(f"{complaint} within {self.patience_seconds:.0f} s; the local AWS says: {self.last_words()}")

    def last_words(self) -> str:
        return (self.aws.directory / "ministack.log").read_text(errors="replace").strip()[-400:]

    def api(self) -> str:
        return f"/health says {json.dumps(request(self.outputs['RUSHES_API_URL'] + '/health'))}"

    def completed(self, task: str) -> dict:
        def look():
            found = request(f"{self.outputs['RUSHES_API_URL']}/v1/videos/{task}")
            if found["status"] == "failed":
                raise Fault(f"the task failed: {json.dumps(found)[:400]}")
            return found["status"] == "completed" and found

        return self.wait_for(look, "no video was made")

    def render(self) -> str:
        task = request(f"{self.outputs['RUSHES_API_URL']}/v1/videos", SCRIPT)["id"]
        video = self.completed(task)["video_url"]
        with urllib.request.urlopen(video, timeout=30) as response:
            size_bytes = len(response.read())
        return f"a task is completed, its video has {size_bytes:,} bytes"

    def ingest(self) -> str:
        s3, bucket, key = self.aws.client("s3"), self.outputs["RUSHES_BUCKET"], "batches/one row.csv"
        s3.put_object(Bucket=bucket, Key=key, Body=MANIFEST)

        def report():
            found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{key}.").get("Contents", [])
            return found and s3.get_object(Bucket=bucket, Key=found[0]["Key"])["Body"].read()

        row = json.loads(self.wait_for(report, "no manifest was read"))
        if "id" not in row:
            raise Fault(f"the manifest's row was refused: {json.dumps(row)}")
        return "a manifest's row became a task"

    def sweep(self) -> str:
        functions = self.aws.client("lambda")
        names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
        [name] = [name for name in names if "Sweep" in name]
        answer = functions.invoke(FunctionName=name, Payload=b"{}")
        said = answer["Payload"].read().decode(errors="replace")
        if "FunctionError" in answer or "entries" not in said:
            raise Fault(f"sweep answers {said[:400]}")
        return f"it says {said}"
