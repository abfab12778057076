#!/usr/bin/env python3
"""Prints the routes that `sam local start-api` would serve of template.yaml, one "METHOD PATH FUNCTION" a line."""

import logging
from pathlib import Path

from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


def main() -> None:
    logging.disable(logging.WARNING)
    stacks, _ = SamLocalStackProvider.get_stacks(str(TEMPLATE))
    for route in ApiProvider(stacks).api.routes:
        for method in route.methods:
            print(method, route.path, route.function_name)


if __name__ == "__main__":
    main()
