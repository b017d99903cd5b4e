"""Prints the parameter IotEndpoint of template.yaml for `make deploy`: the host of the account's AWS IoT data endpoint.

Prints nothing if the deployer lacks the right; the functions then look it up themselves.
"""

import argparse
import sys

from botocore.exceptions import BotoCoreError, ClientError

from infrastructure import deployer


def main() -> int:
    """Query AWS IoT with the options of `sam deploy` or samconfig.toml; other options are ignored."""
    parser = argparse.ArgumentParser(prog="python -m infrastructure.iot_endpoint", description=__doc__)
    deployer.add_options(parser)
    try:
        session = deployer.read_deployer(deployer.parse(parser)).session()
        host = session.client("iot").describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    except (BotoCoreError, ClientError) as failed:
        print(f"the AWS IoT endpoint is not known to the deployment: {failed}", file=sys.stderr)
    else:
        print(f"IotEndpoint={host}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
