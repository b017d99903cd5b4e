"""The commands: `make firmware ARGS="publish modem.bin --model ft900 --version 0.2"`; `--help` lists the others.

They act on the local cloud while it runs, unless the command line names a stack or a Region on AWS. Publishing needs
the rights to sign with the stack's key and to write to its bucket for firmware.
"""

import argparse
import json
import sys
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from admin import clouds
from admin.firmware.signer import KmsSigner
from iotcloud.adapters.firmware_catalogue import S3FirmwareCatalogue
from iotcloud.clock import utc_now
from iotcloud.errors import IotCloudError
from iotcloud.firmware.publishing import PublishingService

OUTPUTS = ("FirmwareBucketName", "FirmwareKeyId")


class CommandError(Exception):
    """The command failed; the message is for the user."""


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 after printing the error."""
    arguments = parse_arguments(words)
    cloud = clouds.choose(arguments.stack_name, arguments.region)
    print(cloud, file=sys.stderr)
    try:
        arguments.command(arguments, *connect(cloud))
    except CommandError as failed:
        print(failed, file=sys.stderr)
    except IotCloudError as failed:
        print("\n".join([failed.message, *map(str, failed.detail)]), file=sys.stderr)
    except (BotoCoreError, ClientError, OSError) as failed:
        print(f"{type(failed).__name__}: {failed}", file=sys.stderr)
    else:
        return 0
    return 1


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m admin.firmware", description=__doc__)
    clouds.add_arguments(parser)
    commands = parser.add_subparsers(required=True)
    publishing = commands.add_parser("publish", help="sign an image, upload it and list it")
    publishing.add_argument("image", type=Path, help="the file, 1 byte to 16 MB")
    publishing.add_argument("--model", required=True, help="for which devices it is, e.g. ft900")
    publishing.add_argument("--version", required=True, help="a version that the model does not have yet, e.g. 0.2")
    publishing.add_argument("--name", default="firmware", help="how the file's name begins on the server")
    publishing.add_argument("--minimum", default="", help="the oldest version that may be updated to it")
    publishing.add_argument("--note", action="append", default=[], help="a line of its description; may be repeated")
    publishing.set_defaults(command=publish)
    withdrawing = commands.add_parser("withdraw", help="offer a version no longer, and delete its image")
    withdrawing.add_argument("--model", required=True)
    withdrawing.add_argument("--version", required=True)
    withdrawing.set_defaults(command=withdraw)
    listing = commands.add_parser("list", help="list all versions, newest first")
    listing.set_defaults(command=list_releases)
    showing = commands.add_parser("public-key", help="print the public key that devices must know, as JSON")
    showing.set_defaults(command=show_public_key)
    return parser.parse_args(words)


def connect(cloud: clouds.Cloud) -> tuple[S3FirmwareCatalogue, KmsSigner]:
    """Return the stack's catalogue and its signing key."""
    if not cloud.region:
        raise CommandError("no region: give --region, set AWS_REGION, or start the local cloud (make up)")
    stacks = boto3.client("cloudformation", region_name=cloud.region).describe_stacks(StackName=cloud.stack_name)
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stacks["Stacks"][0].get("Outputs", ())}
    if any(name not in outputs for name in OUTPUTS):
        raise CommandError(f"{cloud.stack_name} has no catalogue of firmware; deploy this version first")
    s3, kms = (boto3.client(service, region_name=cloud.region) for service in ("s3", "kms"))
    return S3FirmwareCatalogue(lambda: s3, outputs["FirmwareBucketName"]), KmsSigner(kms, outputs["FirmwareKeyId"])


def publish(arguments: argparse.Namespace, catalogue: S3FirmwareCatalogue, signer: KmsSigner) -> None:
    """Publish a file."""
    release = PublishingService(catalogue, catalogue, signer, utc_now).publish(
        arguments.image.read_bytes(),
        arguments.model,
        arguments.version,
        name=arguments.name,
        minimum=arguments.minimum,
        description=arguments.note,
    )
    print(f"{release.model} {release.version}: {release.location}, {release.size} bytes, signed by {release.key}")


def withdraw(arguments: argparse.Namespace, catalogue: S3FirmwareCatalogue, signer: KmsSigner) -> None:
    """Withdraw a version."""
    release = PublishingService(catalogue, catalogue, signer, utc_now).withdraw(arguments.model, arguments.version)
    print(f"{release.model} {release.version} is withdrawn")


def list_releases(_: argparse.Namespace, catalogue: S3FirmwareCatalogue, signer: KmsSigner) -> None:
    """Print the listed versions by model, then the withdrawn ones."""
    found = catalogue.read()
    offered = [one for model in found.models for one in found.offered(model)]
    for one in [*offered, *(one for one in found.releases if one.is_withdrawn)]:
        state = "withdrawn" if one.is_withdrawn else one.location
        print(f"{one.model:12}  {one.version:12}  {one.published_at:%Y-%m-%d}  {one.size:9}  {state}")


def show_public_key(_: argparse.Namespace, catalogue: S3FirmwareCatalogue, signer: KmsSigner) -> None:
    """Print the key as devices list it: its short name, and its public part (DER, base64)."""
    print(json.dumps({"key": signer.key, "public_key": b64encode(signer.public_key).decode()}))


if __name__ == "__main__":
    sys.exit(main())
