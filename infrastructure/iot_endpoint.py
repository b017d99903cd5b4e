"""Prints the parameter IotEndpoint of template.yaml for `make deploy`: the host of the account's AWS IoT data endpoint.

Prints nothing when the deployer may not ask for it; the functions then look it up themselves.
"""

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

SAMCONFIG = Path(__file__).parents[1] / "samconfig.toml"


def main() -> int:
    """Ask AWS IoT with the options that `sam deploy` is given too, or finds in samconfig.toml; others are ignored."""
    parser = argparse.ArgumentParser(prog="python -m infrastructure.iot_endpoint", description=__doc__)
    parser.add_argument("--region")
    parser.add_argument("--profile")
    parser.add_argument("--config-env", default="default")
    options, _ = parser.parse_known_args()
    configured = _configured(options.config_env)
    region, profile = (getattr(options, name) or configured.get(name) for name in ("region", "profile"))
    try:
        session = boto3.session.Session(region_name=region, profile_name=profile)
        host = session.client("iot").describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    except (BotoCoreError, ClientError) as failed:
        print(f"the AWS IoT endpoint is not known to the deployment: {failed}", file=sys.stderr)
    else:
        print(f"IotEndpoint={host}")
    return 0


def _configured(environment: str) -> dict[str, Any]:
    """Return the parameters of `deploy`, with which those for all commands are overridden."""
    tables = tomllib.loads(SAMCONFIG.read_text(encoding="utf-8")).get(environment, {})
    return {**tables.get("global", {}).get("parameters", {}), **tables.get("deploy", {}).get("parameters", {})}


if __name__ == "__main__":
    sys.exit(main())
