"""A device link without a broker: a test sets replies per api and reads the sent commands."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from iotcloud.commands.model import REPLY_SECONDS
from iotcloud.devices.model import Device
from iotcloud.errors import DeviceUnreachable, IotCloudError


@dataclass(frozen=True)
class SentCommand:
    """One command that a device would have received."""

    deviceid: str
    api: str
    payload: Mapping[str, object]


@dataclass
class FakeDeviceLink:
    """Answers from `replies`, keyed by api; an api without one is silent. An error as reply is raised."""

    replies: dict[str, Mapping[str, object] | IotCloudError] = field(default_factory=dict)
    sent: list[SentCommand] = field(default_factory=list)

    def request(
        self, device: Device, api: str, payload: Mapping[str, object], timeout_seconds: float = REPLY_SECONDS
    ) -> Mapping[str, object]:
        self.sent.append(SentCommand(device.deviceid, api, dict(payload)))
        reply = self.replies.get(api, DeviceUnreachable())
        if isinstance(reply, IotCloudError):
            raise reply
        return reply
