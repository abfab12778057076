#!/usr/bin/env python3
"""Runs the whole service in the containers of `sam local`, against a local AWS, until Ctrl-C.

The API answers on port 3001. A video asked for there, or a manifest dropped into the bucket, is made as in a real
account: what the queues hold is handed to the functions in the batches and with the answers that Lambda knows.
"""

import argparse
import ipaddress
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

from botocore.config import Config
from botocore.exceptions import ClientError

from local_stack import MINISTACK, ROOT, TOOLS, Failure, LocalAws, settings, sqs_event, until_it_answers

SAM = TOOLS / "sam/bin/sam"
BUILT = ROOT / ".aws-sam/build"
STATE = ROOT / ".rushes/sam"
AWS_PORT, API_PORT, LAMBDA_PORT = 4566, 3001, 3002
# The queue, the function that Lambda feeds from it, and how many messages one event has.
SOURCES = [("RUSHES_TASKS_QUEUE_URL", "RenderFunction", 1), ("RUSHES_INGEST_QUEUE_URL", "IngestFunction", 1)]


def say(text: str) -> None:
    print(text, flush=True)


def bridge_address() -> str:
    """Where containers reach this machine."""
    if not shutil.which("docker"):
        raise Failure("Docker is missing. On Debian: apt-get install docker.io, then start it: dockerd &")
    command = ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    found = subprocess.run(command, capture_output=True, text=True)
    if found.returncode:
        raise Failure(f"Docker does not answer. Start it: dockerd &\n{found.stderr.strip()}")
    [network, *_] = json.loads(found.stdout)
    # Docker says which address it took only where it was told to take one; else it is the first of the network.
    return network.get("Gateway") or str(next(ipaddress.ip_network(network["Subnet"]).hosts()))


def build_if_needed() -> None:
    sources = [path for part in ("crates", "functions", "Cargo.lock", "template.yaml") for path in
               ([ROOT / part] if (ROOT / part).is_file() else (ROOT / part).rglob("*.*"))]
    built = BUILT / "template.yaml"
    if built.exists() and built.stat().st_mtime > max(path.stat().st_mtime for path in sources):
        return
    say("Building the functions as they are deployed (`sam build`; a quarter of an hour, once) …")
    if subprocess.run([SAM, "build"], cwd=ROOT, env=sam_environment()).returncode:
        raise Failure("`sam build` failed; its message is above")


def sam_environment() -> dict:
    path = f"{TOOLS / 'sam/bin'}:{os.environ['PATH']}"
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    return os.environ | keys | {"PATH": path, "SAM_CLI_TELEMETRY": "0"}


def start(stack: ExitStack, name: str, command: list, environment: dict) -> subprocess.Popen:
    """Starts a process that ends with this one; what it says lies in a file."""
    log = stack.enter_context((STATE / f"{name}.log").open("w"))
    # A shell that starts this in the background has it ignore interrupts, and its children with it.
    heed = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True, preexec_fn=heed
    )
    stack.callback(stop, process)
    return process


def stop(process: subprocess.Popen) -> None:
    # `sam local` removes its containers when it is interrupted.
    for sign, patience in ((signal.SIGINT, 30), (signal.SIGKILL, 5)):
        if process.poll() is None:
            os.killpg(process.pid, sign)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def start_aws(stack: ExitStack, address: str) -> tuple[LocalAws, dict]:
    """The local AWS with table, bucket and queues, and how they are called."""
    aws = LocalAws(f"http://{address}:{AWS_PORT}")
    process = start(stack, "aws", [MINISTACK], os.environ | settings(address, address, AWS_PORT))
    until_it_answers(process, aws.health, STATE / "aws.log")
    return aws, aws.deploy([])


def start_functions(stack: ExitStack, endpoint: str, names: dict) -> None:
    variables = STATE / "env.json"
    hosts = os.environ.get("RUSHES_ALLOW_HOSTS", "")
    variables.write_text(json.dumps({"Parameters": names | {"AWS_ENDPOINT_URL": endpoint, "RUSHES_ALLOW_HOSTS": hosts}}))
    common = ["--template", BUILT / "template.yaml", "--env-vars", variables, "--warm-containers", "LAZY"]
    common += ["--parameter-overrides", "ApiKeys=open"]
    if image_is_here():
        common.append("--skip-pull-image")
    api = start(stack, "api", [SAM, "local", "start-api", "--port", str(API_PORT), *common], sam_environment())
    others = start(stack, "functions", [SAM, "local", "start-lambda", "--port", str(LAMBDA_PORT), *common], sam_environment())
    until_it_answers(others, f"http://127.0.0.1:{LAMBDA_PORT}/", STATE / "functions.log", whatever=True)
    until_it_answers(api, f"http://127.0.0.1:{API_PORT}/health", STATE / "api.log", whatever=True)


def image_is_here() -> bool:
    image = "public.ecr.aws/lambda/provided:al2023-x86_64"
    return subprocess.run(["docker", "image", "inspect", image], capture_output=True).returncode == 0


def feed(aws: LocalAws, queue: str, function: str, batch: int, ended: threading.Event) -> None:
    """Hands what the queue holds to the function, and removes what it did not name as failed."""
    sqs = aws.client("sqs")
    patient = Config(read_timeout=900, retries={"max_attempts": 0})
    functions = LocalAws(f"http://127.0.0.1:{LAMBDA_PORT}").client("lambda", config=patient)
    while not ended.is_set():
        try:
            asked = {"QueueUrl": queue, "MaxNumberOfMessages": batch, "WaitTimeSeconds": 2, "AttributeNames": ["All"]}
            messages = sqs.receive_message(**asked).get("Messages", [])
            if not messages:
                continue
            event = json.dumps(sqs_event(messages, queue))
            answer = json.loads(functions.invoke(FunctionName=function, Payload=event)["Payload"].read() or "null") or {}
            failed = {item["itemIdentifier"] for item in answer.get("batchItemFailures", [])}
            if "errorMessage" in answer:
                failed = {message["MessageId"] for message in messages}
            say(f"{function}: {len(messages) - len(failed)} done, {len(failed)} to come again")
            for message in messages:
                if message["MessageId"] not in failed:
                    remove(sqs, queue, message)
        except Exception as error:  # noqa: BLE001  the others go on; the message comes again
            if not ended.is_set():
                say(f"{function}: {error}")
                time.sleep(2)


def remove(sqs, queue: str, message: dict) -> None:
    """Removes a message, unless the function has done so: SQS says nothing then, the local AWS that it is gone."""
    try:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ReceiptHandleIsInvalid":
            raise


def run(stack: ExitStack) -> tuple[LocalAws, dict]:
    """Starts everything. The local AWS, and how things are called there."""
    address = bridge_address()
    STATE.mkdir(parents=True, exist_ok=True)
    build_if_needed()
    say("Starting the local AWS …")
    aws, names = start_aws(stack, address)
    say("Starting the functions' containers …")
    start_functions(stack, aws.endpoint, names)
    ended = threading.Event()
    stack.callback(ended.set)
    for variable, function, batch in SOURCES:
        threading.Thread(target=feed, args=(aws, names[variable], function, batch, ended), daemon=True).start()
    return aws, names


def main() -> int:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with ExitStack() as stack:
            aws, names = run(stack)
            say(f"The API and the dashboard are at http://127.0.0.1:{API_PORT}  (logs: {STATE.relative_to(ROOT)}/*.log)")
            say(f"Manifests: aws --endpoint-url {aws.endpoint} s3 cp films.jsonl s3://{names['RUSHES_BUCKET']}/batches/")
            say("Press Ctrl-C to stop.")
            signal.pause()
    except KeyboardInterrupt:
        say("Stopped what was started.")
    except Failure as failure:
        sys.exit(f"sam-local: {failure}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
