"""Who is told of a device's data as it arrives, on which topics, and for how long. No I/O."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from iotcloud import topics

LEASE = timedelta(minutes=10)
"""For how long a user is told of a device; apps repeat it while the device is on the screen."""
CREDENTIALS_LAST = timedelta(hours=1)
"""The longest session that a role may open with another role's credentials (AWS IAM user guide, "Role chaining")."""
MAX_DEVICES = 50
"""Devices of one request: more than a screen shows."""
MAX_SAMPLES = 25
"""Samples of one batch that are published; older ones are read as usual."""
_PLAIN = re.compile(r"[^A-Za-z0-9_-]")


class LiveKind(StrEnum):
    """What is told of a device; the last level of a topic."""

    READINGS = "readings"
    PRESENCE = "presence"
    NOTICES = "notices"
    CHANGES = "changes"
    FIRMWARE = "firmware"


@dataclass(frozen=True)
class LiveAccess:
    """One user's way to their own topics."""

    url: str
    clientid: str
    topic_filter: str
    expires_at: datetime
    """When the credentials end. A connection may last longer; the next one needs another URL."""


def segment(username: str) -> str:
    """Write a user's name as part of a topic, a client id and a policy, where `.`, `/`, `*` and `?` have a meaning."""
    return _PLAIN.sub(lambda found: "".join(f"={octet:02X}" for octet in found[0].encode()), username)


def topic_of(username: str, deviceid: str, kind: LiveKind) -> str:
    """Return the topic on which a user is told of a device."""
    return topics.live(segment(username), deviceid, kind)


def client_id(username: str, suffix: str) -> str:
    """Return a client id of this user alone."""
    return f"{topics.LIVE_CLIENT}{segment(username)}.{suffix}"


def session_policy(username: str, arn_prefix: str) -> dict[str, object]:
    """Return the policy of a user's session: connect as oneself, and listen to one's own topics. No publishing.

    `arn_prefix` is `arn:aws:iot:REGION:ACCOUNT`. The policy is some 500 characters, of 2,048 that AWS STS takes.
    """
    mine = segment(username)
    rights = (
        ("iot:Connect", f"client/{topics.LIVE_CLIENT}{mine}.*"),
        ("iot:Subscribe", f"topicfilter/{topics.LIVE}/{mine}/*"),
        ("iot:Receive", f"topic/{topics.LIVE}/{mine}/*"),
    )
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": action, "Resource": f"{arn_prefix}:{resource}"} for action, resource in rights
        ],
    }
