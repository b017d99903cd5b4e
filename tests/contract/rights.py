"""Compares the AWS calls of each Lambda function with its role's rights, in both directions.

A function's rights have three sources: the methods of stores and adapters that its code can reach (`reach.py`), the
recorded rights of each method (`tests/recorded_calls.json`), and what Lambda itself does with the role.
`test_rights.py` compares the three with each other and with the templates.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from iotcloud import topics
from iotcloud.adapters.mqtt_session import CLIENT_ID_PREFIX
from iotcloud.adapters.sms import SmsProvider
from iotcloud.settings import Settings
from iotcloud.wiring import Wiring
from tests.aws_rights import EVERYTHING, Right
from tests.conftest import ENVIRONMENT
from tests.contract.deployment import ROOT, Deployment, Node, Resource, Template, as_list, values
from tests.contract.house_rules import TABLE
from tests.contract.reach import Reach, Reached, functions_of
from tests.recorded_calls import LEAVES, PASSED_ON, Calls, Entries, is_public

DEVICE, API = "<deviceid>", "<api>"
NOT_THROUGH_BOTOCORE: Mapping[str, tuple[Right, ...]] = {
    "adapters.mqtt_gateway:MqttGateway.upgrade": (
        Right("iot:Connect", f"client/{CLIENT_ID_PREFIX}<id>"),
        Right("iot:Publish", f"topic/{topics.command(DEVICE, API)}"),
        Right("iot:Subscribe", f"topicfilter/{topics.reply(DEVICE, API)}"),
        Right("iot:Receive", f"topic/{topics.reply(DEVICE, API)}"),
    )
}
"""Rights of calls outside botocore: MQTT over a signed WebSocket (AWS IoT Core developer guide, "Policy actions")."""
READS = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
"""Lambda's use of the role to read a queue (AWS Lambda developer guide, "Execution role permissions")."""
LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
TRACES = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
GIVEN = {"<LogRoleArn>": "LogRoleArn", "<Name>": "SecretParameter"}
"""The resources that a custom resource creates, by their placeholder in recorded rights."""
KNOWN_CONDITIONS = {"iam:PassedToService"}
EVERY_TELEPHONE = Right("sns:Publish", "<phone>")
"""A number is no resource: the one NotResource that is understood is that of every resource of Amazon SNS."""
PHONES_ALONE = "arn:<AWS::Partition>:sns:*:*:*"
_ARN = re.compile(r"arn:<AWS::Partition>:[\w-]+:(<AWS::Region>|\*)?:(<AWS::AccountId>|\*)?:")
_VARIABLE = re.compile(r"\$\{([\w.:]+)\}")
_SETTING = re.compile(r"<([A-Z_]+)>")


@dataclass(frozen=True)
class Need:
    """A right that a function needs, and its purpose."""

    right: Right
    reason: str


@cache
def reaches() -> dict[str, list[Reach]]:
    """The calls of each function, by its module; for the courier, for each carrier that a deployment may choose."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)  # for clients that are made and never used
        return _walk_all()


def _walk_all() -> dict[str, list[Reach]]:
    wired = wired_for(SmsProvider.SNS)
    found = {
        f"functions.{file.stem}": [Reach(wired, [import_module(f"functions.{file.stem}").handler])]
        for file in sorted((ROOT / "functions").glob("[!_]*.py"))
    }
    courier = import_module("functions.deliver_notices").handler
    found["functions.deliver_notices"] = [Reach(wired_for(provider), [courier]) for provider in SmsProvider]
    files = [file.relative_to(ROOT).with_suffix("") for file in sorted((ROOT / "api").rglob("[!_]*.py"))]
    modules = [import_module(".".join(file.parts)) for file in files]
    operations = [function for module in modules for function in functions_of(module)]
    found["api.app"] = [Reach(wired_for(SmsProvider.SNS, api), operations) for api in ("orders", "rest")]
    return found


def wired_for(provider: SmsProvider, paypal_api: str = "orders") -> Wiring:
    """A wiring whose settings stand for themselves, as `<TRIGGERS_QUEUE_URL>`."""
    named = {one.name: f"<{one.name.upper()}>" for one in fields(Settings) if one.type is str}
    known = {
        "aws_region": ENVIRONMENT["AWS_REGION"],
        "table_prefix": ENVIRONMENT["TABLE_PREFIX"],
        "sms_provider": provider.value,
        "paypal_api": paypal_api,
        "credit_packages": "CREDITS=1:1.00",
    }
    return Wiring(Settings(**(named | known | {"device_admission": "open"})))  # type: ignore[arg-type]


def differences(deployment: Deployment, calls: Calls) -> Iterator[str]:
    """Each missing and each unused right."""
    for function, properties in deployment.functions():
        role = deployment.follow(function.template, properties["Role"])
        assert role is not None, f"{function} has no role"
        yield from _refused(deployment, role)
        allowed, denied = granted(deployment, role, "Allow"), granted(deployment, role, "Deny")
        needs = [
            *needs_of_code(deployment, function, properties, calls),
            *needs_of_lambda(deployment, function, properties),
        ]
        for right, reasons in _by_right(needs).items():
            if not any(covers(one, right) for one in allowed) or any(covers(one, right) for one in denied):
                yield f"{function.name} may not {right}: {min(reasons)}"
        for one in allowed:
            if not any(covers(one, need.right) for need in needs):
                yield f"{role.name} grants {one} that nothing uses"


PARTS = {
    "billing.store:PaymentStore.returning",
    "billing.store:PaymentStore.spending",
    "notices.store:LedgerStore.returning",
}
"""Methods that return a part of a transaction. The method that commits the transaction asks for it."""


def unseen(calls: Calls) -> Iterator[str]:
    """Each AWS call that the code can make and no test made, by method."""
    for one in {each.name: each for reach in _all() for each in reach.reached.values()}.values():
        seen = {known for right in calls.get(one.name, ()) for known in (right, right.split()[0])}
        if is_leaf(one) and is_public(one.name) and one.name not in PASSED_ON | PARTS:
            asked = {right for each in _inside(one) for right in each.asks}
            yield from (f"no test has {one.name} ask for {right}" for right in sorted(asked - seen))
        if any(each.name in PASSED_ON for each in one.calls) and not seen:
            yield f"no test has {one.name} send what it sends"


def unreached(entries: Entries) -> Iterator[str]:
    """Each method that a function was seen to call and that its code does not reach, as it is read here."""
    for entry, names in entries.items():
        reached = {one.name for reach in reaches()[entry] for one in reach.reached.values()}
        yield from (
            f"{entry} calls {name}: its code was not seen to reach that" for name in sorted(set(names) - reached)
        )


def needs_of_code(deployment: Deployment, function: Resource, properties: Node, calls: Calls) -> Iterator[Need]:
    """The rights of the function's own code."""
    variables = properties["Environment"]["Variables"]
    module = properties["Handler"].rpartition(".")[0]
    for reach in reaches()[module]:
        for one in reach.reached.values():
            asked = [Right(*right.split(" ", 1)) for right in calls.get(one.name, ())]
            for right in [*asked, *NOT_THROUGH_BOTOCORE.get(one.name, ())]:
                for resource in _places(deployment, right.resource, one, variables):
                    yield Need(right._replace(resource=resource), _reason(one))


def needs_of_lambda(deployment: Deployment, function: Resource, properties: Node) -> Iterator[Need]:
    """Lambda's own use of the role: logs, traces, reading queues, storing failed events."""

    def names(value: Any) -> list[str]:
        return resources(deployment, function.template, value)

    for group in names(properties["LoggingConfig"]["LogGroup"]):
        yield from (Need(Right(action, group), "its log") for action in LOGS)
    if properties.get("Tracing") == "Active":
        yield from (Need(Right(action, EVERYTHING), "its traces") for action in TRACES)
    for event in properties.get("Events", {}).values():
        for queue in names(event["Properties"].get("Queue", {"Ref": "AWS::NoValue"})):
            yield from (Need(Right(action, queue), "its queue") for action in READS)
    kept = [one["Destination"] for one in values(properties.get("EventInvokeConfig"), "OnFailure")]
    kept += [one["TargetArn"] for one in values(properties, "DeadLetterQueue")]
    for queue in (name for value in kept for name in names(value)):
        yield Need(Right("sqs:SendMessage", queue), "what failed")


def granted(deployment: Deployment, role: Resource, effect: str) -> list[Right]:
    """The rights that a role allows or denies, each action on each resource."""
    found = []
    for statement in _statements(role):
        if statement["Effect"] == effect:
            names = [
                name
                for value in as_list(statement.get("Resource", []))
                for name in resources(deployment, role.template, value)
            ]
            found += [Right(action, name) for action in as_list(statement.get("Action", [])) for name in names]
            if _is_every_telephone(deployment, role, statement):
                found.append(EVERY_TELEPHONE)
    return found


def covers(grant: Right, needed: Right) -> bool:
    """Return whether a statement's action and resource, both perhaps with wildcards, include the needed right."""
    return fnmatchcase(needed.action.lower(), grant.action.lower()) and fnmatchcase(needed.resource, grant.resource)


def resources(deployment: Deployment, template: Template, value: Any) -> list[str]:
    """The resource that a template's value names, as in `tests.aws_rights`: tables by name, others by logical id."""
    match value:
        case str():
            return [value]
        case {"Fn::If": [_, one, other]}:
            return resources(deployment, template, one) + resources(deployment, template, other)
        case {"Ref": "AWS::NoValue"}:
            return []
        case {"Fn::Sub": [str(text), dict(given)]}:
            return [_substituted(deployment, template, text, given)]
        case {"Fn::Sub": str(text)}:
            return [_substituted(deployment, template, text, {})]
        case _:
            return [_named(deployment, template, value)]


def is_leaf(one: Reached) -> bool:
    """Return whether a function belongs to a store or an adapter."""
    return LEAVES.match(one.function.__module__) is not None


def _all() -> Iterator[Reach]:
    return (reach for several in reaches().values() for reach in several)


def _inside(public: Reached) -> Iterator[Reached]:
    """A public method, and the private functions through which it does its work."""
    ahead, passed = [public], set[int]()
    while ahead:
        one = ahead.pop()
        if id(one) not in passed:
            passed.add(id(one))
            yield one
            ahead += [each for each in one.calls if is_leaf(each) and not is_public(each.name)]


def _reason(one: Reached) -> str:
    """The method, and the service that asks it."""
    asks = one.caller
    while asks is not None and is_leaf(asks):
        asks = asks.caller
    return f"{asks.name} by {one.name}" if asks is not None else one.name


def _places(deployment: Deployment, resource: str, one: Reached, variables: Node) -> list[str]:
    """The value of a recorded resource for this object: from its fields, settings, or a custom resource."""
    found = [resource]
    for field in re.findall(r"{(\w+)}", resource):
        kept = getattr(one.owner, field)
        found = [each.replace(f"{{{field}}}", value) for each in found for value in _texts(kept)]
    for setting in {name for each in found for name in _SETTING.findall(each)}:
        places = resources(deployment, deployment.root, variables[setting])
        found = [each.replace(f"<{setting}>", place) for each in found for place in places]
    for name, member in GIVEN.items():
        if name in resource:
            customs = [one["Properties"] for one in deployment.root.resources().values() if "Custom::" in one["Type"]]
            places = [place for each in customs for place in resources(deployment, deployment.root, each[member])]
            found = [each.replace(name, place) for each in found for place in places]
    return [each for each in found if each]


def _texts(kept: Any) -> list[str]:
    return [str(value) for value in kept.values()] if isinstance(kept, Mapping) else [str(kept)]


def _by_right(needs: Iterable[Need]) -> dict[Right, list[str]]:
    found: dict[Right, list[str]] = {}
    for need in needs:
        found.setdefault(need.right, []).append(need.reason)
    return found


def _statements(role: Resource) -> Iterator[Node]:
    for document in values(role.properties, "PolicyDocument"):
        yield from as_list(document["Statement"])


def _refused(deployment: Deployment, role: Resource) -> Iterator[str]:
    """The parts of a role that cannot be compared."""
    for statement in _statements(role):
        for member in ("NotAction", "NotResource"):
            if member in statement and not _is_every_telephone(deployment, role, statement):
                yield f"{role.name} has {member}, which allows what nobody listed"
        for condition in {key for keys in statement.get("Condition", {}).values() for key in keys} - KNOWN_CONDITIONS:
            yield f"{role.name} has a condition on {condition}, which is not compared"


def _is_every_telephone(deployment: Deployment, role: Resource, statement: Node) -> bool:
    excepted = statement.get("NotResource")
    return (
        as_list(statement.get("Action")) == ["sns:Publish"]
        and isinstance(excepted, dict)
        and _VARIABLE.sub(r"<\1>", excepted.get("Fn::Sub", "")) == PHONES_ALONE
    )


def _substituted(deployment: Deployment, template: Template, text: str, given: Node) -> str:
    def name(variable: re.Match[str]) -> str:
        first, _, attribute = variable[1].partition(".")
        if first in given:
            return _only(deployment, template, first, given[first])
        return _named(deployment, template, {"Fn::GetAtt": [first, attribute]} if attribute else {"Ref": first})

    return _ARN.sub("", _VARIABLE.sub(name, text), count=1)


def _only(deployment: Deployment, template: Template, name: str, value: Any) -> str:
    """The value of a variable of Fn::Sub, if it is a single reference."""
    found = {_named(deployment, template, {"Ref": one}) for one in values(value, "Ref")}
    found |= {_named(deployment, template, {"Fn::GetAtt": one}) for one in values(value, "Fn::GetAtt")}
    return found.pop() if len(found) == 1 else f"<{name}>"


def _named(deployment: Deployment, template: Template, value: Any) -> str:
    resource = deployment.follow(template, value)
    if resource is None:
        assert "Ref" in value, f"{template.name}: {value} is not understood"
        return f"<{value['Ref']}>"
    if resource.name in resource.template.resources(TABLE):
        return str(resource.properties["TableName"]["Fn::Sub"]).removeprefix("${TablePrefix}")
    return resource.name
