"""Users' groups of devices."""

from functools import cached_property

from iotcloud.groups.service import GroupService
from iotcloud.wiring.part import Part


class GroupsPart(Part):
    """Users' groups of devices."""

    @cached_property
    def service(self) -> GroupService:
        """Keeps users' groups of devices."""
        return GroupService(self._wiring.devices.service, self._wiring.stores.devices, self._wiring.stores.groups)
