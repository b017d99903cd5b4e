"""Opens the broker to one user: credentials of the live role under a session policy, and a URL signed with them.

The policy can only take rights away from the role's (AWS IAM user guide, "Session policies").
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.adapters.mqtt_gateway import MqttGateway
from iotcloud.errors import DependencyFailed


@dataclass(frozen=True)
class SessionCredentials:
    """Credentials of one session."""

    frozen: ReadOnlyCredentials

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return them."""
        return self.frozen


@dataclass(frozen=True)
class LiveSessions:
    """Sessions of the live role."""

    sts: Callable[[], Any]
    """Returns the client of AWS STS."""
    role_arn: str
    region: str
    endpoint: Callable[[], str]
    """Returns the host of the data endpoint; raises CommunicationFailed."""
    sdk_url: Callable[[], str]
    """Returns where the SDK sends `iot-data` calls."""

    @property
    def arn_prefix(self) -> str:
        """How the broker's resources begin; partition and account are those of the role."""
        _, partition, _, _, account, *_ = self.role_arn.split(":")
        return f"arn:{partition}:iot:{self.region}:{account}"

    def open_session(self, session_name: str, policy: Mapping[str, object], seconds: int) -> str:
        """Return a signed WebSocket URL; raise DependencyFailed or CommunicationFailed."""
        try:
            granted = self.sts().assume_role(
                RoleArn=self.role_arn,
                RoleSessionName=session_name,
                Policy=json.dumps(policy, separators=(",", ":")),
                DurationSeconds=seconds,
            )["Credentials"]
        except (ClientError, BotoCoreError) as failed:
            raise DependencyFailed from failed
        keys = ReadOnlyCredentials(granted["AccessKeyId"], granted["SecretAccessKey"], granted["SessionToken"], None)
        return MqttGateway(SessionCredentials(keys), self.region, self.endpoint, self.sdk_url()).sign_url()
