"""Looks up earlier readings of a device's sensors in the log, helped by their state."""

from collections.abc import Sequence

from iotcloud.histories.model import NEWEST, Lane, just_before
from iotcloud.peripherals.model import Sensor
from iotcloud.readings.alerts.threshold_state import Reading
from iotcloud.readings.interfaces import ReadingLog
from iotcloud.readings.model import Sample, measured_by, samples_of
from iotcloud.readings.state.model import DeviceState


class Lookback:
    """Earlier readings of a device's sensors, read once for all of them."""

    def __init__(self, log: ReadingLog, deviceid: str, registration: str, state: DeviceState) -> None:
        """Use the state alone when it covers everything before the requested position."""
        self._log, self._memory = log, state
        self._lane = deviceid, registration, Lane.READINGS
        self._read: dict[str, list[Sample]] = {}

    def find_readings(self, sensor: Sensor, last_seen: str, newest: str = NEWEST) -> list[Reading] | None:
        """Return a sensor's newest readings up to a position, in order and without gaps.

        Readings before `last_seen` may be missing. None when there are too many messages to look up.
        """
        missing_since = self._memory.of(sensor.slot).missing_since
        for end in (newest, missing_since and just_before(missing_since)):
            if end is not None and end <= newest and (found := _of_sensor(self._read_back(end), sensor, newest)):
                return found
        if sensor.slot not in self._memory.sending and missing_since is None:
            return []
        messages = self._log.read_on(*self._lane, last_seen)
        return None if messages is None else _of_sensor(samples_of(messages), sensor, newest)

    def find_previous(self, position: str, sensor: Sensor, last_seen: str) -> str | None:
        """Return the position of a sensor's last reading before a position, or that position when unknown."""
        found = self.find_readings(sensor, last_seen, just_before(position))
        return position if found is None else found[-1].position if found else None

    def _read_back(self, newest: str) -> list[Sample]:
        if newest not in self._read:
            self._read[newest] = samples_of(self._log.read_back(*self._lane, newest))
        return self._read[newest]


def _of_sensor(samples: Sequence[Sample], sensor: Sensor, newest: str) -> list[Reading]:
    measured = ((one.position, measured_by(sensor, one)) for one in samples if one.position <= newest)
    return [Reading(position, value.value) for position, value in measured if value is not None]
