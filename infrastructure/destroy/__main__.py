"""The command: `make destroy CONFIRM=iotcloud ARGS="--region eu-west-1"`. Without CONFIRM it only lists the contents.

It can be interrupted at any point and run again. The exit code is 0 when the stack is gone, and 1 otherwise.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infrastructure import deployer, templates
from infrastructure.destroy import stacks
from infrastructure.destroy.contents import KINDS, Account
from infrastructure.destroy.stacks import Resource, Stack

ROUNDS = 3
"""Attempts to delete: until the API is gone, devices and users may add data that makes a deletion fail."""
KEPT = {
    "AWS::ApiGateway::Account": "the account's setting: other APIs may write logs by it",
    "AWS::IAM::Role": "the account's setting names this role",
}
"""Resources that the template retains for other stacks, by type."""


class Refused(Exception):
    """The stack is not removed; the message gives the reason."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Remove a stack; return 0, or 1 after printing the error."""
    parser = argparse.ArgumentParser(prog="python -m infrastructure.destroy", description=__doc__)
    deployer.add_options(parser)
    parser.add_argument("--confirm", default="", help="the stack's name once more")
    parser.add_argument("--keep-data", action="store_true", help="keep tables, user pool and buckets")
    options = deployer.parse(parser, arguments)
    where = deployer.read_deployer(options)
    try:
        session = where.session()
        destroy(session, where.stack_name, options.confirm, options.keep_data)
    except Refused as refused:
        print(refused, file=sys.stderr)
    except (BotoCoreError, ClientError) as failed:
        print(f"{type(failed).__name__}: {failed}\nrun it again to go on", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; run it again to go on", file=sys.stderr)
    else:
        return 0
    return 1


def destroy(session: boto3.session.Session, name: str, confirmation: str, keep_data: bool) -> None:
    """Remove a stack and what it leaves behind; raise Refused if that is not allowed or not finished."""
    account, formation = _account(session), _client(session, "cloudformation")
    stack = stacks.find_stack(formation, name)
    if stack is not None and not templates.describes(stack):
        raise Refused(f"{name} is not removed: it is no stack of this template")
    if stack is not None and (why := stacks.refusal(stack)):
        raise Refused(f"{name} is not removed: {why}")
    if keep_data and stack is not None and not stacks.is_deleted(stack) and not stacks.is_protected(stack):
        raise Refused(
            f"{name} is not removed: to keep its data, first deploy it with DataProtection=true, so that AWS refuses "
            "to delete tables and user pool"
        )
    resources = list(stacks.read_resources(formation, stack["StackId"])) if stack else []
    named = _named_by_template(session, name)
    _show_losses(account, stack, [*resources, *named], keep_data)
    if confirmation != name:
        raise Refused(f"nothing was removed; to go on, confirm with the stack's name: make destroy CONFIRM={name}")
    # A run after an interruption finds the stack deleted, and only removes what it left behind.
    left = resources
    if stack is not None and not stacks.is_deleted(stack):
        left = _delete(account, formation, stack, resources, keep_data)
    if not keep_data:
        _delete_leftovers(account, [*resources, *left, *named])
        _delete_kept_stacks(account, formation, [*resources, *left])
    _show_remains(left, keep_data)


def _delete(
    account: Account, formation: Any, stack: Stack, resources: list[Resource], keep_data: bool
) -> list[Resource]:
    """Release resources and delete until the stack is gone; return its remaining resources."""
    stack_id = stack["StackId"]
    for round_number in range(1, ROUNDS + 1):
        if not keep_data:
            _release(account, resources)
        else:
            _release(account, [one for one in resources if one.kind == "AWS::IoT::Policy"])
        print(f"deleting {stack_id} ({round_number} of at most {ROUNDS})")
        # Only a second deletion may skip resources: CloudFormation allows it for a stack in DELETE_FAILED.
        retained = _failed_here(formation, stack) if keep_data else ()
        stack = stacks.delete(formation, stack, retained, account.pause)
        resources = list(stacks.read_resources(formation, stack_id))
        if stacks.is_deleted(stack):
            return resources
        if stack["StackStatus"] != "DELETE_FAILED":
            raise Refused(f"the deletion is not over yet ({stack['StackStatus']}); run it again to wait for it")
        for one in resources:
            if one.status == "DELETE_FAILED":
                print(f"{one.logical_id} ({one.kind}) could not be deleted: {one.why}")
    raise Refused("the stack could not be deleted; look at the reasons above, then run it again")


def _failed_here(formation: Any, stack: Stack) -> tuple[str, ...]:
    """Return the stack's resources whose deletion failed: with protected data, the nested stacks that contain it."""
    if stack["StackStatus"] != "DELETE_FAILED":
        return ()
    pages = formation.get_paginator("list_stack_resources").paginate(StackName=stack["StackId"])
    return tuple(
        one["LogicalResourceId"]
        for page in pages
        for one in page["StackResourceSummaries"]
        if one["ResourceStatus"] == "DELETE_FAILED"
    )


def _release(account: Account, resources: Iterable[Resource]) -> None:
    found = list(resources)
    for name, kind in KINDS.items():
        for one in found:
            if kind.release is not None and one.kind == name and one.status != "DELETE_COMPLETE":
                kind.release(account, one.identifier)


def _named_by_template(session: boto3.session.Session, name: str) -> list[Resource]:
    """Return the tables and log groups that the template names: they may outlive CloudFormation's list."""
    number = _client(session, "sts").get_caller_identity()["Account"]
    pseudo = {"AWS::StackName": name, "AWS::Region": str(session.region_name), "AWS::AccountId": number}
    read = templates.read_stacks(pseudo)
    return [
        Resource(kind, identifier, identifier, "")
        for kind, name_property in (("AWS::DynamoDB::Table", "TableName"), ("AWS::Logs::LogGroup", "LogGroupName"))
        for identifier in templates.names(read, kind, name_property)
    ]


def _delete_leftovers(account: Account, resources: Iterable[Resource]) -> None:
    found = {(one.kind, one.identifier) for one in resources}
    for name, kind in KINDS.items():
        for identifier in sorted(identifier for one, identifier in found if one == name):
            if kind.delete is not None and kind.describe(account, identifier) is not None:
                kind.delete(account, identifier)
                print(f"deleted {identifier} ({name}), which the stack had left")


def _delete_kept_stacks(account: Account, formation: Any, resources: Iterable[Resource]) -> None:
    """Delete the nested stacks that an earlier run with KEEP_DATA left; their data is deleted by now."""
    for identifier in sorted({one.identifier for one in resources if one.kind == stacks.NESTED_STACK}):
        nested = stacks.describe(formation, identifier)
        if nested is not None and not stacks.is_deleted(nested):
            print(f"deleting {identifier}, which was kept with its data")
            if not stacks.is_deleted(stacks.delete(formation, nested, pause=account.pause)):
                raise Refused(f"{identifier} could not be deleted; look at its events, then run it again")


def _show_losses(account: Account, stack: Stack | None, resources: Iterable[Resource], keep_data: bool) -> None:
    if stack is None:
        print("there is no stack of this name, and none that AWS remembers")
    else:
        print(f"{stack['StackId']} is {stack['StackStatus']}")
    found = {(one.kind, one.identifier) for one in resources}
    lost = [
        told
        for name, kind in KINDS.items()
        for identifier in sorted(identifier for one, identifier in found if one == name)
        if (told := kind.describe(account, identifier)) is not None
    ]
    if not lost:
        print("nothing of it holds data any more")
        return
    print("what is there, and is kept as far as it is data:" if keep_data else "what will be lost:")
    for told in lost:
        print(f"  {told}")


def _show_remains(resources: Iterable[Resource], keep_data: bool) -> None:
    remaining = [one for one in resources if one.status in (stacks.RETAINED, "DELETE_FAILED")]
    for one in remaining:
        if keep_data and one.kind in KINDS:
            print(f"kept: {one.identifier} ({one.kind})")
        elif one.kind in KEPT:
            print(f"remains: {one.identifier} ({one.kind}), {KEPT[one.kind]}")
    print("the stack is gone; SSM parameters, secrets, SES identities and the bucket of sam are yours and stay")


def _account(session: boto3.session.Session) -> Account:
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = _client(session, service)
        return clients[service]

    return Account(client)


def _client(session: boto3.session.Session, service: str) -> Any:
    make: Any = session.client
    return make(service, config=Config(retries={"mode": "adaptive", "total_max_attempts": 8}))


if __name__ == "__main__":
    sys.exit(main())
