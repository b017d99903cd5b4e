"""Push applications: Amazon SNS platform applications for Firebase and Apple.

CloudFormation has no resource type for them, so this custom resource manages them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from iotcloud.errors import InvalidInput
from iotcloud.notices.interfaces import Applications, Secrets

Attributes = Mapping[str, str]


class Platform(StrEnum):
    """The push services, as Amazon SNS and the ARNs of its applications spell them."""

    GCM = "GCM"
    APNS = "APNS"
    APNS_SANDBOX = "APNS_SANDBOX"


@dataclass(frozen=True)
class Order:
    """One request of CloudFormation's (user guide, "Custom resource reference")."""

    is_removal: bool
    arn: str
    """The application's; its last part is `app/{platform}/{name}`."""
    secret_parameter: str = ""
    """The SSM SecureString with the push service's credentials, `:{version}` after its name or not."""
    log_role_arn: str = ""
    failures_topic_arn: str = ""

    @classmethod
    def read(cls, event: Mapping[str, Any]) -> "Order":
        """Parse a request. A delete uses the physical id: the properties may be newer."""
        wanted = event["ResourceProperties"]
        if event["RequestType"] == "Delete":
            return cls(is_removal=True, arn=event["PhysicalResourceId"])
        return cls(False, wanted["Arn"], wanted["SecretParameter"], wanted["LogRoleArn"], wanted["FailuresTopicArn"])

    @property
    def platform(self) -> Platform:
        """Raise ValueError for an ARN of no push application."""
        return Platform(self.arn.rpartition(":app/")[2].partition("/")[0])


@dataclass(frozen=True)
class PushApplicationService:
    """Create, update and delete push applications. Idempotent."""

    secrets: Secrets
    applications: Applications

    def carry_out(self, order: Order) -> str:
        """Carry out the request, and return the physical id."""
        if not order.is_removal:
            self.applications.put(order.arn, self._attributes(order))
        elif ":app/" in order.arn:  # or nothing was made
            self.applications.remove(order.arn)
        return order.arn

    def _attributes(self, order: Order) -> Attributes:
        return {
            **_CREDENTIALS[order.platform](_object(self.secrets.read(order.secret_parameter))),
            "FailureFeedbackRoleArn": order.log_role_arn,
            "EventDeliveryFailure": order.failures_topic_arn,
        }


def _object(secret: str) -> Mapping[str, Any]:
    try:
        members = json.loads(secret)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise InvalidInput("the push service's credentials are not a JSON object")
    return members


def _of_firebase(members: Mapping[str, Any]) -> Attributes:
    """Pass on a service account's key file (Firebase console, "Service accounts"), which FCM's HTTP v1 takes."""
    _demand(members, "type", "project_id", "client_email", "private_key")
    return {"PlatformCredential": json.dumps(members)}


def _of_apple(members: Mapping[str, Any]) -> Attributes:
    """Name the parts of a token key: the text of its .p8 file, its id, and whose it is."""
    _demand(members, "key", "key_id", "team_id", "bundle_id")
    return {
        "PlatformCredential": members["key"],
        "PlatformPrincipal": members["key_id"],
        "ApplePlatformTeamID": members["team_id"],
        "ApplePlatformBundleID": members["bundle_id"],
    }


def _demand(members: Mapping[str, Any], *names: str) -> None:
    missing = [name for name in names if not isinstance(members.get(name), str) or not members[name]]
    if missing:
        raise InvalidInput(f"the push service's credentials lack {', '.join(missing)}")


_CREDENTIALS: Mapping[Platform, Callable[[Mapping[str, Any]], Attributes]] = {
    Platform.GCM: _of_firebase,
    Platform.APNS: _of_apple,
    Platform.APNS_SANDBOX: _of_apple,
}
