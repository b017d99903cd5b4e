"""What the services of backtests need from stores, adapters and other features."""

from collections.abc import Mapping
from typing import Protocol

from iotcloud.devices.model import Device


class DeviceNamesById(Protocol):
    """Current names of devices; see iotcloud.peripherals.references."""

    def find_names(self, device: Device, once: Mapping[str, str]) -> Mapping[str, str]: ...
