"""Commands to devices and their replies."""

from functools import cached_property

from iotcloud.commands.interfaces import DeviceLink
from iotcloud.commands.offline_guard import OfflineGuard
from iotcloud.wiring.part import Part


class CommandsPart(Part):
    """Commands to devices and their replies."""

    @cached_property
    def link(self) -> DeviceLink:
        """Sends commands to devices and waits for their replies."""
        import boto3

        from iotcloud.adapters.device_link import MqttDeviceLink
        from iotcloud.adapters.mqtt_gateway import DataEndpoint, MqttGateway
        from iotcloud.adapters.mqtt_session import MqttSession
        from iotcloud.parallel import background

        clients, region = self._wiring.clients, self._settings.aws_region
        endpoint = DataEndpoint(lambda: clients.iot, self._settings.iot_endpoint)
        gateway = MqttGateway.from_session(boto3.Session(region_name=region), region, endpoint.find_host)
        link = MqttDeviceLink(
            lambda deadline: MqttSession(gateway.upgrade(), deadline),
            self._wiring.stores.command_leases,
            self._wiring.stores.devices,
            self._settings.subscription_settle_ms / 1000,
            begin=background.begin,
        )
        return OfflineGuard(link, clients.broker_connections)
