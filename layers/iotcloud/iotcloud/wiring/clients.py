"""What other services are reached through: AWS clients, the broker, queues, the user pool."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from iotcloud.wiring.part import Part

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient
    from mypy_boto3_iot.client import IoTClient
    from mypy_boto3_iot_data.client import IoTDataPlaneClient
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_ssm.client import SSMClient

    from iotcloud.adapters.archives import S3Archives
    from iotcloud.adapters.broker import BrokerAddress, BrokerConnections
    from iotcloud.adapters.device_notices import DeviceConsole
    from iotcloud.adapters.firmware_catalogue import S3FirmwareCatalogue
    from iotcloud.adapters.job_queues import ErasureQueue
    from iotcloud.adapters.notice_queue import NoticeQueue
    from iotcloud.adapters.notice_storage import S3NoticeStorage
    from iotcloud.adapters.parking import ParkingQueue
    from iotcloud.adapters.publisher import BrokerPublisher
    from iotcloud.adapters.thing_registry import IotThings
    from iotcloud.users.interfaces import Directory


class Clients(Part):
    """What other services are reached through: AWS clients, the broker, queues, the user pool."""

    @cached_property
    def archives(self) -> "S3Archives":
        """Keeps archives of users' data."""
        from iotcloud.adapters.archives import S3Archives

        return S3Archives(self._settings.exports_bucket, self._settings.aws_region)

    @cached_property
    def device_console(self) -> "DeviceConsole":
        """Tells devices the outcome of their notices."""
        from iotcloud.adapters.device_notices import DeviceConsole

        return DeviceConsole(self.publisher)

    @cached_property
    def directory(self) -> "Directory":
        """Keeps accounts and passwords."""
        from iotcloud.adapters.cognito import CognitoDirectory

        return CognitoDirectory(self.cognito, self._settings.user_pool_id, self._settings.user_pool_client_id)

    @cached_property
    def erasures(self) -> "ErasureQueue":
        """Queue of erasure jobs."""
        from iotcloud.adapters.job_queues import ErasureQueue

        return ErasureQueue(self._settings.erasures_queue_url, self._settings.aws_region)

    @cached_property
    def firmware_catalogue(self) -> "S3FirmwareCatalogue":
        """Lists the firmware that there is."""
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG
        from iotcloud.adapters.firmware_catalogue import S3FirmwareCatalogue

        client = boto3.client("s3", region_name=self._settings.aws_region, config=CLIENT_CONFIG)
        return S3FirmwareCatalogue(lambda: client, self._settings.firmware_bucket)

    @cached_property
    def notice_queue(self) -> "NoticeQueue":
        """Queue of notices to be delivered."""
        from iotcloud.adapters.notice_queue import NoticeQueue

        return NoticeQueue(lambda: self.sqs, self._settings.deliveries_queue_url)

    @cached_property
    def parking(self) -> "ParkingQueue":
        """Keeps device messages that cannot be used."""
        from iotcloud.adapters.parking import ParkingQueue

        return ParkingQueue(self._settings.unusable_messages_queue_url, self._settings.aws_region)

    @cached_property
    def publisher(self) -> "BrokerPublisher":
        """Sends messages to devices."""
        from iotcloud.adapters.publisher import BrokerPublisher

        return BrokerPublisher(self.iot_data)

    @cached_property
    def stored_notices(self) -> "S3NoticeStorage":
        """Links to and erases the notices whose channel is storage."""
        import boto3

        from iotcloud.adapters.aws import LINK_CONFIG
        from iotcloud.adapters.notice_storage import S3NoticeStorage

        region = self._settings.aws_region
        client = boto3.client("s3", region_name=region, config=LINK_CONFIG)
        return S3NoticeStorage(lambda: client, self._settings.notices_bucket)

    @cached_property
    def broker(self) -> "BrokerAddress":
        from iotcloud.adapters.broker import BrokerAddress

        settings = self._settings
        return BrokerAddress(
            lambda: self.iot,
            lambda: self.ssm,
            settings.mqtt_host or settings.iot_endpoint,
            settings.mqtt_port,
            settings.device_ca_parameter,
        )

    @cached_property
    def broker_connections(self) -> "BrokerConnections":
        from iotcloud.adapters.broker import BrokerConnections

        return BrokerConnections(lambda: self.iot_data)

    @cached_property
    def cognito(self) -> "CognitoIdentityProviderClient":
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG

        return boto3.client("cognito-idp", region_name=self._settings.aws_region, config=CLIENT_CONFIG)

    @cached_property
    def iot(self) -> "IoTClient":
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG

        return boto3.client("iot", region_name=self._settings.aws_region, config=CLIENT_CONFIG)

    @cached_property
    def iot_data(self) -> "IoTDataPlaneClient":
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG

        return boto3.client("iot-data", region_name=self._settings.aws_region, config=CLIENT_CONFIG)

    @cached_property
    def sts(self) -> Any:
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG

        return boto3.client("sts", region_name=self._settings.aws_region, config=CLIENT_CONFIG)

    @cached_property
    def sqs(self) -> "SQSClient":
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG

        return boto3.client("sqs", region_name=self._settings.aws_region, config=CLIENT_CONFIG)

    @cached_property
    def ssm(self) -> "SSMClient":
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG

        return boto3.client("ssm", region_name=self._settings.aws_region, config=CLIENT_CONFIG)

    @cached_property
    def things(self) -> "IotThings":
        from iotcloud.adapters.thing_registry import IotThings

        return IotThings(lambda: self.iot, self._settings.device_policy_name, self._wiring.clock)
