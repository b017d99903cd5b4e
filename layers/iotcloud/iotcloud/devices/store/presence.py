"""Presence, last contact and reported firmware of devices. Writes are conditional, so their order does not matter."""

from collections.abc import Mapping
from datetime import datetime

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from iotcloud.devices.model import RegisteredDevice
from iotcloud.devices.presence import NEAR, Change, PresenceEvent
from iotcloud.devices.store.tables import DeviceRow, change_if, read_devices, registered
from iotcloud.dynamodb import raise_unless_refused

_MARKS = {
    Change.CONNECTED: (DeviceRow.connected_at, DeviceRow.connected_version),
    Change.DISCONNECTED: (DeviceRow.disconnected_at, DeviceRow.disconnected_version),
}


class PresenceRows:
    """Keeps devices' presence."""

    def record_version(self, deviceid: str, version: str) -> None:
        """Store the firmware version that the device reported. A deleted device is not created again."""
        change_if(deviceid, DeviceRow.version.set(version), condition=DeviceRow.registration.exists())

    def record_protocol(self, deviceid: str, is_mqtt5: bool) -> None:
        """Keep whether the device returns MQTT 5 correlation data; a device that is gone stays gone."""
        change_if(deviceid, DeviceRow.is_mqtt5.set(is_mqtt5), condition=DeviceRow.registration.exists())

    def record_heartbeats(self, heartbeats: Mapping[str, datetime]) -> None:
        """Store the last contact of each device: the latest time wins. Unknown ids are skipped."""
        for deviceid, heartbeat_at in sorted(heartbeats.items()):
            is_news = DeviceRow.heartbeat_at.does_not_exist() | (DeviceRow.heartbeat_at < heartbeat_at)
            change_if(
                deviceid,
                DeviceRow.heartbeat_at.set(heartbeat_at),
                condition=DeviceRow.registration.exists() & is_news,
            )

    def record_presence(self, event: PresenceEvent) -> RegisteredDevice | None:
        """Apply a lifecycle event by one conditional write, if it is newer than the stored ones.

        Return the device after it, or None when it is not registered.
        """
        at, version = _MARKS[event.change]
        is_news = (
            at.does_not_exist()
            | (at < event.mark.at - NEAR)
            | ((at <= event.mark.at + NEAR) & (version < event.mark.version))
        )
        row = DeviceRow(event.deviceid)
        actions: list[Action] = [at.set(event.mark.at), version.set(event.mark.version)]
        if event.change is Change.DISCONNECTED:
            reason = DeviceRow.disconnect_reason
            actions.append(reason.remove() if event.reason is None else reason.set(event.reason))
        try:
            row.update(actions=actions, condition=DeviceRow.registration.exists() & is_news)
        except UpdateError as failed:
            raise_unless_refused(failed)
            return read_devices([event.deviceid]).get(event.deviceid)
        return None if row.leaving_until is not None else registered(row)
