"""The gap: a rule sends to any queue, without a check of its role's rights or trust policy.

AWS IoT assumes the role, with the rule and the account as source of the request, and acts with its rights (AWS IoT
Core developer guide, "Granting an AWS IoT rule the access it requires"). A denied call runs the rule's error action.
"""

from typing import Any

from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.services import iam, iot, sqs

SERVICE = "iot.amazonaws.com"


class Refused(RuntimeError):
    """The rule's role cannot be assumed, or lacks the action's right."""


def apply() -> None:
    """Check the role before the emulator sends."""
    send = iot._dispatch_rule_sqs

    def check_and_send(account_id: str, region: str, rule_name: str, action: dict[str, Any], event: Any) -> None:
        rule_arn = f"arn:aws:iot:{region}:{account_id}:rule/{rule_name}"
        with iot.request_scope(account_id, region):
            check(action.get("roleArn") or "", rule_arn, action["queueUrl"])
        send(account_id, region, rule_name, action, event)

    iot._dispatch_rule_sqs = check_and_send


def check(role_arn: str, rule_arn: str, queue_url: str) -> None:
    """Raise Refused unless the rule may assume the role, and the role may send to the queue."""
    account_id = parse_arn(rule_arn).account_id
    name = role_arn.rsplit("/", 1)[-1]
    role = iam._roles.get(name)
    if role is None or not may_take(role["AssumeRolePolicyDocument"], rule_arn):
        raise Refused(f"{rule_arn} may not take the role {role_arn}")
    queue_arn = sqs._get_q(queue_url)["attributes"]["QueueArn"]
    request = context(role_arn, account_id, "sqs:SendMessage", queue_arn)
    if iam_evaluator.evaluate(request, iam_evaluator._gather_role_policies(name, account_id)).decision != "Allow":
        raise Refused(f"{role_arn} may not do {request.action} on {queue_arn}")


def may_take(trust_policy: Any, rule_arn: str) -> bool:
    """Return whether the service may assume a role on behalf of a rule."""
    account_id = parse_arn(rule_arn).account_id
    root = f"arn:aws:iam::{account_id}:root"  # the emulator's form of a service principal
    request = context(root, account_id, "sts:AssumeRole", "*")
    request.service_context = {"aws:sourcearn": rule_arn, "aws:sourceaccount": account_id}
    return SERVICE in str(trust_policy) and iam_evaluator.evaluate_trust_policy(trust_policy, root, request)


def context(caller_arn: str, account_id: str, action: str, resource_arn: str) -> iam_evaluator.EvalContext:
    """The request in the evaluator's format."""
    return iam_evaluator.EvalContext(
        principal_arn=caller_arn,
        principal_type="AssumedRole",
        principal_account=account_id,
        action=action,
        resource_arn=resource_arn,
        region=parse_arn(resource_arn).region if resource_arn != "*" else "",
    )
