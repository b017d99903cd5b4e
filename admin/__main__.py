"""The commands: `make admin ARGS="import-devices devices.csv"`; `--help` lists the others.

They act on the local cloud while it runs, unless the command line names a stack or a Region on AWS.
"""

import argparse
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from admin import clouds, dead_letters
from iotcloud.dynamodb import bind
from iotcloud.provisioning.model import UnusableList, read_list
from iotcloud.provisioning.service import ImportService
from iotcloud.provisioning.store import KnownDeviceRow, KnownDeviceStore

SECRET = 0o600


class CommandError(Exception):
    """The command failed; the message is for the user."""


def main() -> int:
    """Run the command; return 0, or 1 after printing the error."""
    arguments = parse_arguments()
    cloud = clouds.choose(arguments.stack_name, arguments.region)
    arguments.stack_name, arguments.region = cloud.stack_name, cloud.region
    print(cloud, file=sys.stderr)
    try:
        arguments.command(arguments)
    except (CommandError, UnusableList) as failed:
        print(failed, file=sys.stderr)
    except (BotoCoreError, ClientError, OSError) as failed:
        print(f"{type(failed).__name__}: {failed}", file=sys.stderr)
    else:
        return 0
    return 1


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m admin", description=__doc__)
    clouds.add_arguments(parser)
    commands = parser.add_subparsers(required=True)
    importing = commands.add_parser("import-devices", help="let devices in by their serial numbers")
    importing.add_argument("list", type=Path, help="CSV with the columns deviceid,serialnumber")
    importing.set_defaults(command=import_devices)
    claiming = commands.add_parser("make-claim-certificate", help="make a certificate for all devices of a batch")
    claiming.add_argument("--folder", type=Path, default=Path(), help="where to put claim.pem and claim.key")
    claiming.set_defaults(command=make_claim_certificate)
    listing = commands.add_parser("dead-letters", help="list the queues in which messages wait for a person")
    listing.set_defaults(command=list_dead_letters)
    redriving = commands.add_parser("redrive", help="move messages that were given up on back to their queue")
    redriving.add_argument("queue", help="a queue of the list, e.g. iotcloud-deliveries-dead")
    redriving.set_defaults(command=redrive)
    return parser.parse_args()


def import_devices(arguments: argparse.Namespace) -> None:
    """Import a list of ids and serial numbers; if a line is invalid, import nothing."""
    with arguments.list.open(newline="", encoding="utf-8") as lines:
        devices = read_list(lines)
    outputs(arguments)
    bind(KnownDeviceRow, f"{arguments.stack_name}-", region(arguments))
    imported = ImportService(KnownDeviceStore()).import_devices(devices)
    print(f"{imported.added} added, {imported.known} known already, {len(imported.conflicts)} in conflict")
    if imported.conflicts:
        raise CommandError(f"known with another serial number, and left so: {', '.join(imported.conflicts)}")


def make_claim_certificate(arguments: argparse.Namespace) -> None:
    """Create a claim certificate, and write it and its key to files; the key is stored nowhere else."""
    policy = outputs(arguments)["ClaimPolicyName"]
    certificate, key = arguments.folder / "claim.pem", arguments.folder / "claim.key"
    if certificate.exists() or key.exists():
        raise CommandError(f"{certificate} or {key} is there already")
    iot = boto3.client("iot", region_name=region(arguments))
    made = iot.create_keys_and_certificate(setAsActive=True)
    iot.attach_policy(policyName=policy, target=made["certificateArn"])
    arguments.folder.mkdir(parents=True, exist_ok=True)
    key.touch(mode=SECRET)
    key.write_text(made["keyPair"]["PrivateKey"])
    certificate.write_text(made["certificatePem"])
    print(f"{certificate} and {key} (certificate {made['certificateId']})")


def list_dead_letters(arguments: argparse.Namespace) -> None:
    """Print each dead-letter queue with its number of messages and the queue to which a redrive moves them."""
    found = find_dead_letter_queues(arguments)
    width = max(len(one.queue.name) for one in found)
    for one in found:
        back = ", ".join(source.name for source in one.sources)
        print(
            f"{one.queue.name:{width}}  {one.queue.waiting:6}  {f'from {back}' if back else 'to be read and deleted'}"
        )


def redrive(arguments: argparse.Namespace) -> None:
    """Start a redrive of a dead-letter queue; processing is idempotent."""
    found = {one.queue.name: one for one in find_dead_letter_queues(arguments)}
    chosen = found.get(arguments.queue)
    if chosen is None or not chosen.sources:
        known = ", ".join(name for name, one in found.items() if one.sources)
        raise CommandError(f"{arguments.queue} is no dead-letter queue of the stack; those are {known}")
    dead_letters.redrive(boto3.client("sqs", region_name=region(arguments)), chosen)
    print(f"about {chosen.queue.waiting} messages go back to {', '.join(source.name for source in chosen.sources)}")


def find_dead_letter_queues(arguments: argparse.Namespace) -> list[dead_letters.DeadLetterQueue]:
    """Find the queues of the stack that no function reads."""
    cloudformation = boto3.client("cloudformation", region_name=region(arguments))
    sqs = boto3.client("sqs", region_name=region(arguments))
    return dead_letters.find_dead_letter_queues(cloudformation, sqs, arguments.stack_name)


def outputs(arguments: argparse.Namespace) -> dict[str, str]:
    """Read the stack's outputs; this also checks that it exists."""
    stacks = boto3.client("cloudformation", region_name=region(arguments)).describe_stacks(
        StackName=arguments.stack_name
    )["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", ())}


def region(arguments: argparse.Namespace) -> str:
    """Return the selected Region."""
    if not arguments.region:
        raise CommandError("no region: give --region, set AWS_REGION, or start the local cloud (make up)")
    return str(arguments.region)


if __name__ == "__main__":
    sys.exit(main())
