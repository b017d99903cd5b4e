"""Prints the parameter IotEndpoint of template.yaml for `make deploy`: the host of the account's AWS IoT data endpoint.

Prints nothing when the deployer may not ask for it; the functions then look it up themselves.
"""

import argparse
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def main() -> int:
    """Ask AWS IoT with the options that `sam deploy` is given too; others are ignored."""
    parser = argparse.ArgumentParser(prog="python -m infrastructure.iot_endpoint", description=__doc__)
    parser.add_argument("--region")
    parser.add_argument("--profile")
    options, _ = parser.parse_known_args()
    try:
        session = boto3.session.Session(region_name=options.region, profile_name=options.profile)
        host = session.client("iot").describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    except (BotoCoreError, ClientError) as failed:
        print(f"the AWS IoT endpoint is not known to the deployment: {failed}", file=sys.stderr)
    else:
        print(f"IotEndpoint={host}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
