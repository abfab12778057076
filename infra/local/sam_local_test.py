#!/usr/bin/env python3
"""Has the containers of `sam local` make a video that the API was asked for, and those of a manifest of three rows."""

import json
import sys
import time
import urllib.request
from contextlib import ExitStack

import sam_local
from local_stack import Failure, LocalAws

API = f"http://127.0.0.1:{sam_local.API_PORT}"
SPEC = {"script": "Bees dance. It tells the others where the flowers are.", "output": {"resolution": "480p"}}
PATIENCE_S = 300
ENDED = ("completed", "failed", "cancelled")


def ask(path: str, body: dict | None = None) -> dict:
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(API + path, json.dumps(body).encode() if body else None, headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())


def until(what: str, look):
    """What `look` finds at last."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        if found := look():
            print(f"ok      {what}: {time.monotonic() - began:.1f} s", flush=True)
            return found
        time.sleep(0.5)
    raise Failure(f"{what}: not within {PATIENCE_S} s; {sam_local.STATE}/*.log say why")


def completed(video: str) -> dict | None:
    task = ask(f"/v1/videos/{video}")
    if task["status"] in ENDED and task["status"] != "completed":
        raise Failure(f"the video {video} is {task['status']}: {task['error']}")
    return task if task["status"] == "completed" else None


def a_video_is_made() -> None:
    video = ask("/v1/videos", SPEC)["id"]
    task = until("a video that the API was asked for", lambda: completed(video))
    with urllib.request.urlopen(task["video_url"], timeout=60) as file:
        if file.read(12)[4:8] != b"ftyp":
            raise Failure("what was made is no MP4")


def a_manifest_is_made(aws: LocalAws, bucket: str) -> None:
    s3 = aws.client("s3")
    rows = "\n".join(json.dumps(SPEC | {"script": f"Row {number}."}) for number in (1, 2, 3))
    key = f"batches/three-{time.time_ns()}.jsonl"
    s3.put_object(Bucket=bucket, Key=key, Body=rows.encode())

    def report() -> list | None:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{key}.").get("Contents", [])
        lines = [line for each in listed for line in s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].iter_lines()]
        return lines if len(lines) == 3 else None

    rows = [json.loads(line) for line in until("the report on a manifest of three rows", report)]
    if any(row["status"] != "accepted" for row in rows):
        raise Failure(f"a row was not accepted: {rows}")
    until("its three videos", lambda: all([completed(row["id"]) for row in rows]))


def main() -> None:
    began = time.monotonic()
    try:
        with ExitStack() as stack:
            aws, names = sam_local.run(stack)
            print(f"ok      everything started: {time.monotonic() - began:.1f} s", flush=True)
            a_video_is_made()
            a_manifest_is_made(aws, names["RUSHES_BUCKET"])
            with urllib.request.urlopen(API, timeout=60) as page:
                if b"<title>Rushes</title>" not in page.read():
                    raise Failure("the dashboard is not there")
    except Failure as failure:
        sys.exit(f"FAILED  {failure}")


if __name__ == "__main__":
    main()
