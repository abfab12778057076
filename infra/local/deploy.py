#!/usr/bin/env python3
"""Deploys template.yaml to a local AWS (MiniStack) through CloudFormation.

Without --functions it deploys what keeps data: table, bucket and queues, for
the binaries that run as plain processes. With --functions it deploys the whole
stack, with the built binaries as Lambda functions. Either way the resources are
those of template.yaml; nothing is defined a second time here.

Prints the outputs as NAME=value lines that the binaries take as environment.
"""

import argparse
import hashlib
import io
import ipaddress
import json
import os
import socket
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, WaiterError
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]

KEEPS_DATA = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"}

OUTPUTS = {
    "TableName": "RUSHES_TABLE",
    "BucketName": "RUSHES_BUCKET",
    "TasksQueueUrl": "RUSHES_TASKS_QUEUE_URL",
    "IngestQueueUrl": "RUSHES_INGEST_QUEUE_URL",
    "IngestDeadLettersQueueUrl": "RUSHES_INGEST_DEAD_LETTERS_QUEUE_URL",
    "DeadLettersQueueUrl": "RUSHES_DEAD_LETTERS_QUEUE_URL",
    "ApiUrl": "RUSHES_API_URL",
}


class Failure(Exception):
    """What went wrong and what to do, for the person at the terminal."""


def local_endpoint() -> str:
    """The endpoint, if it is on this machine: a mistyped variable must not reach a real account."""
    url = os.environ.get("AWS_ENDPOINT_URL", "")
    host = urlsplit(url).hostname
    if not host:
        raise Failure("AWS_ENDPOINT_URL is not set. Set it to the local AWS, e.g. http://127.0.0.1:4566")
    if not is_on_this_machine(host):
        raise Failure(f"{url} is not on this machine. For a real account, use `sam deploy`.")
    return url


def is_on_this_machine(host: str) -> bool:
    """Loopback, or an interface's private address: containers reach the local AWS by that of Docker's bridge."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified or not address.is_private:
        return address.is_loopback
    with socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET) as listener:
        try:
            # Only what is an interface's own can be listened on.
            listener.bind((host, 0))
        except OSError:
            return False
    return True


# --- The template ---------------------------------------------------------------


def references(node) -> set[str]:
    """Logical ids that a piece of the template refers to (parameters and pseudo ones too)."""
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(references, node.values()))
    if "Ref" in node:
        found.add(node["Ref"])
    if "Fn::GetAtt" in node:
        found.add(node["Fn::GetAtt"][0])
    if "Fn::Sub" in node:
        text = node["Fn::Sub"] if isinstance(node["Fn::Sub"], str) else node["Fn::Sub"][0]
        found |= {part.split("}")[0].split(".")[0] for part in text.split("${")[1:]}
    return found


def with_numbers(node, numbers: dict[str, int]):
    """The node with references to Number parameters replaced by numbers; MiniStack hands over strings."""
    if isinstance(node, list):
        return [with_numbers(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("Ref") in numbers:
        return numbers[node["Ref"]]
    # The environment of a function takes strings, so these references are right as they are.
    return {key: value if key == "Variables" else with_numbers(value, numbers) for key, value in node.items()}


def drop(template: dict, doomed: set[str]) -> None:
    """Removes resources, and the resources and outputs that cannot be without them."""
    for section in ("Resources", "Outputs"):
        kept = template[section]
        while gone := {name for name, body in kept.items() if name in doomed or references(body) & doomed}:
            doomed |= gone
            for name in gone:
                del kept[name]


def keep_data_only(template: dict) -> None:
    drop(template, {name for name, body in template["Resources"].items() if body["Type"] not in KEEPS_DATA})
    del template["Transform"], template["Globals"]


def add_functions(template: dict, bin_dir: Path, code_bucket: str, endpoint: str) -> None:
    """What `sam build` and `sam package` do, and what functions on a laptop need besides."""
    resources = template["Resources"]
    # What the layer carries is on this machine already.
    layers = {name for name, body in resources.items() if body["Type"] == "AWS::Serverless::LayerVersion"}
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "RUSHES_FFMPEG": os.environ.get("RUSHES_FFMPEG", str(ROOT / ".tools/bin/ffmpeg")),
        "RUSHES_SPEAK": str(bin_dir / "rushes-speak"),
    }
    for body in resources.values():
        if body["Type"] != "AWS::Serverless::Function":
            continue
        properties = body["Properties"]
        properties["CodeUri"] = upload(bin_dir / body["Metadata"]["BuildProperties"]["Binary"], code_bucket)
        properties.pop("Layers", None)
        variables = properties["Environment"]["Variables"]
        for of_the_layer in ("ESPEAK_DATA_PATH", "RUSHES_FFMPEG_ARCHIVE"):
            variables.pop(of_the_layer, None)
        variables.update(environment)
    drop(template, layers | unknown_to_ministack(resources))


def unknown_to_ministack(resources: dict) -> set[str]:
    """Dashboards, and alarms that calculate."""
    return {
        name
        for name, body in resources.items()
        if body["Type"] == "AWS::CloudWatch::Dashboard"
        or body["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in body["Properties"]
    }


def upload(binary: Path, bucket: str) -> str:
    """Zips the binary as Lambda wants it, unless a zip of just this one is there already."""
    try:
        content = binary.read_bytes()
    except OSError as error:
        raise Failure(f"{binary}: {error.strerror}. Build it first: make run builds it, or cargo build --profile local --workspace --bins") from error
    key = f"{binary.name}-{hashlib.sha256(content).hexdigest()}.zip"
    s3 = client("s3")
    if not s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            file.writestr(entry, content, zipfile.ZIP_DEFLATED)
        s3.put_object(Bucket=bucket, Key=key, Body=archive.getvalue())
    return f"s3://{bucket}/{key}"


# --- The stack ------------------------------------------------------------------


def client(service: str):
    return boto3.client(
        service,
        endpoint_url=local_endpoint(),
        region_name=os.environ.get("AWS_REGION", "us-east-1"),
        # Whatever keys the shell holds, they are not for this.
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}, connect_timeout=3, s3={"addressing_style": "path"}),
    )


def deploy(stack: str, template: dict, parameters: dict[str, str]) -> dict:
    """Creates or updates the stack and returns its description."""
    cloudformation = client("cloudformation")
    request = {
        "StackName": stack,
        "TemplateBody": json.dumps(template),
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        try:
            cloudformation.update_stack(**request)
            done = "stack_update_complete"
        except ClientError as error:
            message = error.response["Error"]["Message"]
            if "No updates are to be performed" in message:
                done = None
            elif "does not exist" in message:
                cloudformation.create_stack(**request)
                done = "stack_create_complete"
            else:
                raise
        if done:
            wait = {"Delay": 0.2, "MaxAttempts": 600}
            cloudformation.get_waiter(done).wait(StackName=stack, WaiterConfig=wait)
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for event in reversed(events)
            if event["ResourceStatus"].endswith("FAILED")
        ]
        raise Failure("\n".join([f"stack {stack} was not deployed", *reasons])) from error
    return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]


def set_what_cloudformation_drops(stack: dict, template: dict) -> None:
    """MiniStack's CloudFormation ignores the two properties by which data expires."""
    resources = client("cloudformation").describe_stack_resources(StackName=stack["StackName"])["StackResources"]
    for resource in resources:
        properties = template["Resources"].get(resource["LogicalResourceId"], {}).get("Properties", {})
        physical = resource["PhysicalResourceId"]
        if ttl := properties.get("TimeToLiveSpecification"):
            dynamodb = client("dynamodb")
            now = dynamodb.describe_time_to_live(TableName=physical)["TimeToLiveDescription"]
            # Setting it to what it is already is an error.
            if now.get("AttributeName") != ttl["AttributeName"]:
                dynamodb.update_time_to_live(TableName=physical, TimeToLiveSpecification=ttl)
        if lifecycle := properties.get("LifecycleConfiguration"):
            rules = [lifecycle_rule(dict(rule)) for rule in lifecycle["Rules"]]
            client("s3").put_bucket_lifecycle_configuration(
                Bucket=physical, LifecycleConfiguration={"Rules": rules}
            )


def lifecycle_rule(rule: dict) -> dict:
    """A rule as S3's API spells it. Members unknown here go through as they are, for S3 to judge."""
    rule["ID"] = rule.pop("Id")
    rule["Filter"] = {"Prefix": rule.pop("Prefix", "")}
    if days := rule.pop("ExpirationInDays", None):
        rule["Expiration"] = {"Days": days}
    return rule


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--functions", action="store_true", help="deploy the functions as well")
    parser.add_argument("--bin-dir", type=Path, default=ROOT / "target/local", help="where their binaries are")
    parser.add_argument("--stack", default="rushes", help="name of the stack (default: %(default)s)")
    parser.add_argument("--env-file", type=Path, help="write the outputs here, too")
    parser.add_argument("--parameter", action="append", default=[], metavar="K=V", help="of the template")
    arguments = parser.parse_args()

    endpoint = local_endpoint()
    template = yaml_parse((ROOT / "template.yaml").read_text())
    parameters = dict(pair.partition("=")[::2] for pair in arguments.parameter)
    if unknown := parameters.keys() - template["Parameters"].keys():
        raise Failure(f"template.yaml has no parameter {', '.join(sorted(unknown))}")
    try:
        numbers = {
            name: int(parameters.get(name, body["Default"]))
            for name, body in template["Parameters"].items()
            if body["Type"] == "Number"
        }
    except ValueError as error:
        raise Failure(f"a parameter is no number: {error}") from error
    template["Resources"] = with_numbers(template["Resources"], numbers)
    if arguments.functions:
        code_bucket = f"{arguments.stack}-code"
        client("s3").create_bucket(Bucket=code_bucket)
        add_functions(template, arguments.bin_dir.resolve(), code_bucket, endpoint)
    else:
        keep_data_only(template)

    stack = deploy(arguments.stack, template, parameters)
    set_what_cloudformation_drops(stack, template)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    if "ApiUrl" in outputs:
        # The name in it resolves on few machines, and MiniStack answers /health there itself.
        api = urlsplit(outputs["ApiUrl"]).hostname.split(".")[0]
        outputs["ApiUrl"] = f"{endpoint}/_aws/execute-api/{api}/%24default"
    lines = "".join(f"{OUTPUTS[key]}={value}\n" for key, value in outputs.items() if key in OUTPUTS)
    if arguments.env_file:
        arguments.env_file.write_text(lines)
    sys.stdout.write(lines)


if __name__ == "__main__":
    try:
        main()
    except ConnectionError as error:
        sys.exit(f"deploy: no local AWS answers at {os.environ['AWS_ENDPOINT_URL']} ({type(error).__name__})")
    except (Failure, BotoCoreError, ClientError) as error:
        sys.exit(f"deploy: {error}")
