"""Live data: who listens, who watches, who is told."""

from functools import cached_property

from iotcloud.live.publishing import LiveUpdates
from iotcloud.live.service import LiveService
from iotcloud.wiring.part import Part


class LivePart(Part):
    """Live data: who listens, who watches, who is told."""

    @cached_property
    def service(self) -> LiveService:
        """Lets users listen to their devices."""
        from iotcloud.adapters.live_sessions import LiveSessions
        from iotcloud.adapters.mqtt_gateway import DataEndpoint

        clients, settings = self._wiring.clients, self._settings
        endpoint = DataEndpoint(lambda: clients.iot, settings.iot_endpoint)
        sessions = LiveSessions(
            lambda: clients.sts,
            settings.live_role_arn,
            settings.aws_region,
            endpoint.find_host,
            lambda: clients.iot_data.meta.endpoint_url,
        )
        return LiveService(self._wiring.devices.service, self._wiring.stores.devices, sessions, self._wiring.clock)

    @cached_property
    def updates(self) -> LiveUpdates:
        """Tells those who watch devices."""
        clients, stores = self._wiring.clients, self._wiring.stores
        return LiveUpdates(lambda: clients.publisher, stores.sensors, stores.devices, self._wiring.clock)
