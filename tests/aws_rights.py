"""The rights that AWS checks for a request: actions and resources, by the Service Authorization Reference.

A resource is written without `arn:aws:...:`, tables without the prefix of their stack. Values that differ between
requests are in `<...>`. The name of a queue, bucket, pool, parameter or address is the member of the request that has
it, in braces. Actions have their operation's name, except for those in ACTIONS.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Members = Mapping[str, Any]
TABLE_PREFIX_END = "-"
"""Separates a table's name from its prefix, the name of its stack or test. No table's name contains it."""


class Right(NamedTuple):
    """One action on one resource."""

    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


PREFIXES = {"iot-data": "iot", "pinpoint-sms-voice-v2": "sms-voice", "sesv2": "ses"}
"""Prefixes of actions that differ from the service's name in the SDK."""
ACTIONS = {
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
"""Operations whose right has a different name (Amazon S3 and Amazon SQS developer guides)."""
WRITES = {"ConditionCheck": "ConditionCheckItem", "Delete": "DeleteItem", "Put": "PutItem", "Update": "UpdateItem"}
"""The right that each part of a transaction needs (Amazon DynamoDB developer guide, "Using IAM with transactions")."""
CERTIFICATE, THING, CONNECTION = "cert/<id>", "thing/<deviceid>", "client/<deviceid>"
APPLICATION, ENDPOINT = "app/<platform>/<AWS::StackName>", "endpoint/<platform>/<AWS::StackName>/<id>"
EVERYTHING = "*"
"""The resource of actions without resource-level permissions."""
RESOURCES: Mapping[str, tuple[str, ...]] = {
    "iot:AttachPolicy": (CERTIFICATE,),
    "iot:AttachThingPrincipal": (CERTIFICATE, THING),
    "iot:CreateCertificateFromCsr": (EVERYTHING,),
    "iot:CreateThing": (THING,),
    "iot:DeleteCertificate": (CERTIFICATE,),
    "iot:DeleteConnection": (CONNECTION,),
    "iot:DeleteThing": (THING,),
    "iot:DescribeCertificate": (CERTIFICATE,),
    "iot:DescribeEndpoint": (EVERYTHING,),
    "iot:DetachPolicy": (CERTIFICATE,),
    "iot:DetachThingPrincipal": (CERTIFICATE, THING),
    "iot:GetConnection": (CONNECTION,),
    "iot:UpdateCertificate": (CERTIFICATE,),
    "kms:GetPublicKey": ("key/<id>",),
    "kms:Sign": ("key/<id>",),
    "s3:GetObject": ("{Bucket}/{Key}",),
    "s3:ListBucket": ("{Bucket}",),
    "s3:PutObject": ("{Bucket}/{Key}",),
    # The identity is the address or a parent domain, depending on the template's parameter.
    "ses:SendEmail": ("configuration-set/{ConfigurationSetName}", "identity/{FromEmailAddress}", "identity/<Identity>"),
    "sms-voice:SendTextMessage": ("<origination>",),
    # All of these are checked on the endpoint's application; the first has no application name.
    "sns:CreatePlatformApplication": ("app/",),
    "sns:CreatePlatformEndpoint": (APPLICATION,),
    "sns:DeletePlatformApplication": (APPLICATION,),
    "sns:SetEndpointAttributes": (APPLICATION,),
    "sns:SetPlatformApplicationAttributes": (APPLICATION,),
    "sts:AssumeRole": ("role/<AWS::StackName>/live/<id>",),
    "sqs:ChangeMessageVisibility": ("{QueueUrl}",),
    "sqs:SendMessage": ("{QueueUrl}",),
    "ssm:GetParameter": ("parameter{Name}",),
}
_BRACES = re.compile(r"{(\w+)}")
FEEDBACK_ROLE = "FailureFeedbackRoleArn"
"""A push application with a log role needs iam:PassRole to Amazon SNS (its developer guide)."""


def action_of(service: str, operation: str) -> str:
    """The right that an SDK operation needs; a transaction needs those of its parts."""
    named = f"{PREFIXES.get(service, service)}:{operation}"
    return ACTIONS.get(named, named)


def rights_of(service: str, operation: str, members: Members, place: Callable[[str, str], str]) -> Iterator[Right]:
    """The rights that a request needs. `place` formats a member; raise KeyError for an unknown operation."""
    action = action_of(service, operation)
    match action:
        case "dynamodb:TransactWriteItems":
            for part in members["TransactItems"]:
                yield from (Right(f"dynamodb:{WRITES[kind]}", _table(write)) for kind, write in part.items())
        case "dynamodb:BatchGetItem" | "dynamodb:BatchWriteItem":
            yield from (Right(action, _table({"TableName": name})) for name in members["RequestItems"])
        case _ if service == "dynamodb":
            yield Right(action, _table(members))
        case _ if service == "cognito-idp":
            yield Right(action, place("UserPoolId", members["UserPoolId"]))
        case "iot:Publish" if members["topic"].startswith("app.live/"):
            yield Right(action, "topic/app.live/<user>/<deviceid>/<kind>")
        case "iot:Publish":
            yield Right(action, f"topic/<deviceid>/{members['topic'].partition('/')[2]}")
        case "sns:Publish" if "PhoneNumber" in members:
            yield Right(action, "<phone>")  # a telephone number has no ARN
        case "sns:Publish":
            # AWS does not document whether the endpoint or its application is checked.
            yield from (Right(action, one) for one in (APPLICATION, ENDPOINT))
        case "s3:DeleteObject":
            bucket, objects = (
                place("Bucket", members["Bucket"]),
                members.get("Delete", {"Objects": [members]})["Objects"],
            )
            yield from (Right(action, f"{bucket}/{place('Key', one['Key'])}") for one in objects)
        case _:
            for resource in RESOURCES[action]:
                named = {name: place(name, members[name]) for name in _BRACES.findall(resource) if name in members}
                if len(named) == resource.count("{"):
                    yield Right(action, resource.format(**named))
    if FEEDBACK_ROLE in members.get("Attributes", ()):
        yield Right("iam:PassRole", "<LogRoleArn>")


def _table(members: Members) -> str:
    index = f"/index/{members['IndexName']}" if "IndexName" in members else ""
    return members["TableName"].rpartition(TABLE_PREFIX_END)[2] + index
