#!/usr/bin/env python3
"""Prints what the roles in template.yaml allow, as JSON: for each role a list of [actions, resources].

Resources are paths that begin with a logical id, such as Bucket/tasks/*. Conditional statements count as there.
"""

import json
import re
import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def path(resource) -> str:
    """Bucket/tasks/* for ${Bucket.Arn}/tasks/*; what refers to nothing in the stack stays as it is."""
    if isinstance(resource, str):
        return resource
    if "Fn::GetAtt" in resource:
        return resource["Fn::GetAtt"][0]
    if "Fn::Sub" in resource:
        return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", resource["Fn::Sub"])
    return json.dumps(resource)


def statements(role: dict) -> list[dict]:
    found = []
    for policy in role["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            found.append(statement["Fn::If"][1] if "Fn::If" in statement else statement)
    return found


def main() -> None:
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    roles = {name: body for name, body in resources.items() if body["Type"] == "AWS::IAM::Role"}
    allowed = {
        name: [[listed(item["Action"]), [path(each) for each in listed(item["Resource"])]] for item in statements(role)]
        for name, role in roles.items()
    }
    json.dump(allowed, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
