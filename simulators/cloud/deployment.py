"""Builds and deploys the real template with `sam` as for AWS, with the emulator's address in the environment."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.config import Config

from simulators.cloud.environment import for_aws_tools
from simulators.cloud.errors import CloudError
from simulators.cloud.instance import REGION, ROOT_KEY, TOOLS, Place
from simulators.cloud.processes import run_to_end

SAM = str(TOOLS / "sam/bin/sam")
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")
NOT_UPDATABLE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS")
CONSEQUENCES = ("cancelled", "The following resource(s) failed")


def client(place: Place, service: str) -> Any:
    """A boto3 client of the emulator, as the account's root."""
    make: Any = boto3.session.Session().client
    return make(
        service,
        region_name=REGION,
        endpoint_url=place.endpoint_url,
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_KEY,
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def build(place: Place) -> None:
    """Build the packages of all functions and layers; raise CloudError with the first error."""
    command = [SAM, "build", "--template", str(place.template), "--build-dir", str(place.build)]
    finished = _run(place, [*command, "--build-in-source", "--parallel"], "build.log")
    if finished.returncode != 0:
        raise CloudError(f"the build failed: {complaint(finished)}")


def deploy(place: Place, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Create or update the stack; raise CloudError with the reason of a rollback."""
    _delete_what_cannot_be_updated(place)
    command = [SAM, "deploy", "--template-file", str(place.build / "template.yaml"), "--stack-name", place.stack_name]
    options = ["--resolve-s3", "--no-progressbar", "--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    # sam passes only parameters that the template has.
    given = ["--parameter-overrides", *(f'{name}="{value}"' for name, value in parameters.items())]
    finished = _run(place, [*command, *options, "--capabilities", *CAPABILITIES, *given], "deploy.log")
    if finished.returncode != 0:
        reasons = list(_rollback_reasons(place, place.stack_name))
        raise CloudError("the deployment failed: " + ("\n  ".join(reasons) or complaint(finished)))
    if not (stack := describe(place)):
        raise CloudError("the deployment left no stack; the emulator's log may tell why")
    return stack


def describe(place: Place) -> dict[str, Any] | None:
    """The stack from CloudFormation, or None if it does not exist."""
    stacks = client(place, "cloudformation").describe_stacks()["Stacks"]
    return next((stack for stack in stacks if stack["StackName"] == place.stack_name), None)


def identity(stack: Mapping[str, Any]) -> dict[str, str]:
    """Id, status and last update of a stack: two equal results mean that the stack has not changed."""
    return {name: str(stack.get(name)) for name in ("StackId", "StackStatus", "LastUpdatedTime")}


def outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    """The outputs of a stack."""
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}


def local_api_url(place: Place, outputs: Mapping[str, str]) -> str | None:
    """The address of the deployed REST API on this machine, or None for a template without one."""
    if "ApiId" not in outputs:
        return None
    return f"{place.endpoint_url}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"


def local_site_url(place: Place, outputs: Mapping[str, str]) -> str | None:
    """Where the deployed site answers on this machine, or None for a template without one."""
    if "SiteDomain" not in outputs:
        return None
    return f"{place.endpoint_url}/_aws/cloudfront/{outputs['SiteDomain'].partition('.')[0]}"


def local_app_url(place: Place, outputs: Mapping[str, str]) -> str | None:
    """Where browsers find the app: the site by its name, since the app has its files at the root of its host."""
    if "SiteDomain" not in outputs:
        return None
    return f"http://{outputs['SiteDomain'].partition('.')[0]}.cloudfront.localhost:{place.port}/"


def _run(place: Place, command: list[str], log: str) -> "subprocess.CompletedProcess[str]":
    finished = run_to_end(command, for_aws_tools(place), place.template.parent)
    (place.logs / log).write_text(f"{finished.stdout}\n{finished.stderr}")
    return finished


def complaint(finished: "subprocess.CompletedProcess[str]") -> str:
    """sam's error message, without its progress output."""
    text = f"{finished.stdout}\n{finished.stderr}"
    found = re.search(r"^(Build Failed\n)?Error: (?P<reason>.+)", text, re.MULTILINE | re.DOTALL)
    return found["reason"].strip() if found else text.strip()


def _delete_what_cannot_be_updated(place: Place) -> None:
    """Delete the remains of a failed first deployment; CloudFormation requires this before a retry."""
    stack = describe(place)
    if stack and stack["StackStatus"] in NOT_UPDATABLE:
        formation = client(place, "cloudformation")
        formation.delete_stack(StackName=place.stack_name)
        formation.get_waiter("stack_delete_complete").wait(
            StackName=place.stack_name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )


def _rollback_reasons(place: Place, stack: str) -> Iterator[str]:
    """The resources that failed in the last operation, including nested stacks."""
    formation = client(place, "cloudformation")
    try:
        events = formation.describe_stack_events(StackName=stack)["StackEvents"]
    except formation.exceptions.ClientError:
        return
    for event in events:
        reason = event.get("ResourceStatusReason", "")
        if (
            event["PhysicalResourceId"] == event["StackId"]
            and event["ResourceStatus"].endswith("_IN_PROGRESS")
            and ("ROLLBACK" not in event["ResourceStatus"])
        ):
            return  # older events belong to earlier operations
        # Skip resources that failed only because another one failed.
        if not event["ResourceStatus"].endswith("_FAILED") or any(text in reason for text in CONSEQUENCES):
            continue
        if event["ResourceType"] == "AWS::CloudFormation::Stack" and event["PhysicalResourceId"] != event["StackId"]:
            yield from _rollback_reasons(place, event["PhysicalResourceId"])
        yield f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
