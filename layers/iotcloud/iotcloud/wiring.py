"""The one place that puts real stores and adapters into services. Everything is made on first use, once per process."""

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from iotcloud.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_iot.client import IoTClient
    from mypy_boto3_iot_data.client import IoTDataPlaneClient
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_ssm.client import SSMClient

    from iotcloud.adapters.archives import S3Archives
    from iotcloud.adapters.broker import BrokerAddress, BrokerConnections
    from iotcloud.adapters.notice_queue import NoticeRounds
    from iotcloud.adapters.notice_storage import S3NoticeStorage
    from iotcloud.adapters.orders import ErasureQueue
    from iotcloud.adapters.publisher import BrokerPublisher
    from iotcloud.adapters.thing_registry import IotThings
    from iotcloud.administration.service import AdministrationService
    from iotcloud.administration.store import SuspensionStore
    from iotcloud.board.service import BoardService, DeviceLink
    from iotcloud.clock import Clock
    from iotcloud.devices.certificates import CertificateService
    from iotcloud.devices.connections import ConnectionService
    from iotcloud.devices.registration import DeviceData, RegistrationService
    from iotcloud.devices.service import DeviceService
    from iotcloud.devices.store import DeviceStore
    from iotcloud.groups.service import GroupService
    from iotcloud.groups.store import DeviceGroupStore
    from iotcloud.histories.recording import Recorder
    from iotcloud.histories.service import HistoryService
    from iotcloud.histories.store import MessageStore
    from iotcloud.notices.carriers import CarrierReceipts
    from iotcloud.notices.intake import Notifier
    from iotcloud.notices.phones import PhoneService
    from iotcloud.notices.policies import Policies
    from iotcloud.notices.receipts import ReceiptDesk, ReceiptService
    from iotcloud.notices.service import NoticeService
    from iotcloud.notices.store import LedgerStore, NoticeCounterStore, NotificationBlockStore
    from iotcloud.peripherals.configuration_exchange import ConfigurationExchange
    from iotcloud.peripherals.control import SensorControl
    from iotcloud.peripherals.port_control import PortControl
    from iotcloud.peripherals.registration import SensorRegistration
    from iotcloud.peripherals.store import ConfigurationStore, SensorStore
    from iotcloud.provisioning.service import ClaimService
    from iotcloud.provisioning.store import KnownDeviceStore
    from iotcloud.readings.forgetting import SensorForgetter
    from iotcloud.readings.recording import Sensorian
    from iotcloud.readings.series import SeriesService
    from iotcloud.readings.service import ReadingService
    from iotcloud.readings.store import SensorMemoryStore
    from iotcloud.sharing.service import SharingService
    from iotcloud.sharing.store import DeviceUserStore
    from iotcloud.users.accounts import AccountService
    from iotcloud.users.attempts import AttemptService
    from iotcloud.users.closing import ClosingService, ErasureService, OwnedData
    from iotcloud.users.contacts import AccountContacts
    from iotcloud.users.credentials import CredentialReader
    from iotcloud.users.directory import Directory
    from iotcloud.users.exports import ExportedData, ExporterService, ExportService
    from iotcloud.users.idp_codes import IdpCodeService
    from iotcloud.users.passwords import PasswordService
    from iotcloud.users.profiles import ProfileService
    from iotcloud.users.push_tokens import PushTokenService
    from iotcloud.users.second_factors import SecondFactorService
    from iotcloud.users.sessions import SessionService
    from iotcloud.users.store import ExportStore, PushTokenStore
    from iotcloud.users.tokens import TokenVerifier


class Wiring:
    """The services of one execution environment."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def accounts(self) -> "AccountService":
        """Makes accounts."""
        from iotcloud.users.accounts import AccountService

        return AccountService(self.directory, self.attempts)

    @cached_property
    def administration(self) -> "AdministrationService":
        """Looks after users."""
        from datetime import timedelta

        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG
        from iotcloud.adapters.user_pool import CognitoUsers
        from iotcloud.administration.service import AdministrationService
        from iotcloud.clock import utc_now

        client = boto3.client("cognito-idp", region_name=self.settings.aws_region, config=CLIENT_CONFIG)
        return AdministrationService(
            CognitoUsers(client, self.settings.user_pool_id),
            self.devices,
            self.suspension_store,
            timedelta(minutes=self.settings.access_token_minutes),
            utc_now,
        )

    @cached_property
    def archives(self) -> "S3Archives":
        """Keeps archives of users' data."""
        from iotcloud.adapters.archives import S3Archives

        return S3Archives(self.settings.exports_bucket, self.settings.aws_region)

    @cached_property
    def attempts(self) -> "AttemptService":
        """Counts what may not be tried too often."""
        from iotcloud.rows import bind
        from iotcloud.users.attempts import AttemptService
        from iotcloud.users.store import AttemptRow, AttemptStore

        bind(AttemptRow, self.settings.table_prefix, self.settings.aws_region)
        return AttemptService(AttemptStore())

    @cached_property
    def board(self) -> "BoardService":
        """Asks the device itself for status and settings."""
        from iotcloud.board.service import BoardService

        return BoardService(self.devices, self.device_link, self.device_store)

    @cached_property
    def carrier_receipts(self) -> "CarrierReceipts":
        """Takes receipts of carriers outside AWS."""
        from iotcloud.adapters.parameters import SecretParameter
        from iotcloud.notices.carriers import CarrierReceipts

        credentials = SecretParameter(lambda: self._ssm, self.settings.sms_secret_parameter)
        return CarrierReceipts(self.receipts, credentials, self.settings.receipts_url)

    @cached_property
    def certificates(self) -> "CertificateService":
        """Renews, revokes and watches certificates."""
        from datetime import timedelta

        from iotcloud.adapters.certificate_requests import DeviceKeys
        from iotcloud.adapters.notice_queue import NoticeQueue
        from iotcloud.clock import utc_now
        from iotcloud.devices.certificates import CertificateService
        from iotcloud.notices.announcements import Announcements

        settings = self.settings
        outbox = NoticeQueue(lambda: self._sqs, settings.deliveries_queue_url)
        return CertificateService(
            registry=self.devices,
            devices=self.device_store,
            things=self._things,
            keys=DeviceKeys(),
            brokers=self._broker,
            connections=self._broker_connections,
            notices=Announcements(self.device_store, self.contacts, self.ledger, outbox, utc_now),
            clock=utc_now,
            grace=timedelta(days=settings.certificate_grace_days),
        )

    @cached_property
    def clock(self) -> "Clock":
        """Tells the time."""
        from iotcloud.clock import utc_now

        return utc_now

    @cached_property
    def closing(self) -> "ClosingService":
        """Closes accounts."""
        from iotcloud.clock import utc_now
        from iotcloud.users.closing import ClosingService

        return ClosingService(self.directory, self.erasures, utc_now)

    @cached_property
    def configuration_exchange(self) -> "ConfigurationExchange":
        """Gives devices their ports' settings back."""
        from iotcloud.peripherals.configuration_exchange import ConfigurationExchange

        return ConfigurationExchange(self.device_store, self.configuration_store, self.publisher)

    @cached_property
    def configuration_store(self) -> "ConfigurationStore":
        """Keeps what ports were told."""
        from iotcloud.peripherals.store import ConfigurationRow, ConfigurationStore
        from iotcloud.rows import bind

        bind(ConfigurationRow, self.settings.table_prefix, self.settings.aws_region)
        return ConfigurationStore()

    @cached_property
    def connections(self) -> "ConnectionService":
        """Keeps devices' comings and goings."""
        from iotcloud.adapters.parking import ParkingQueue
        from iotcloud.devices.connections import ConnectionService

        parking = ParkingQueue(self.settings.unusable_messages_queue_url, self.settings.aws_region)
        return ConnectionService(self.device_store, self.certificates, parking)

    @cached_property
    def contacts(self) -> "AccountContacts":
        """Knows how accounts can be reached."""
        from iotcloud.users.contacts import AccountContacts

        return AccountContacts(self.directory)

    @cached_property
    def credentials(self) -> "CredentialReader":
        """Reads the credentials of sign-up and sign-in."""
        from iotcloud.adapters.parameters import SecretParameter
        from iotcloud.users.credentials import CredentialReader

        return CredentialReader(SecretParameter(lambda: self._ssm, self.settings.legacy_jwt_key_parameter))

    @cached_property
    def device_data(self) -> "tuple[DeviceData, ...]":
        """What each feature keeps under a device's id, to be erased with the device."""
        from iotcloud.histories.owned import DeviceMessages

        return (
            DeviceMessages(self.device_store, self.erasures),
            self.configuration_store,
            self.device_user_store,
            self.group_store,
            self.known_device_store,
            self.notification_blocks,
            self.sensor_memories,
            self.sensor_store,
        )

    @cached_property
    def device_link(self) -> "DeviceLink":
        """Sends commands to devices and waits for their replies."""
        import boto3

        from iotcloud.adapters.device_link import MqttDeviceLink
        from iotcloud.adapters.mqtt_gateway import DataEndpoint, MqttGateway
        from iotcloud.adapters.mqtt_session import MqttSession
        from iotcloud.board.store import ExchangeRow, ExchangeStore
        from iotcloud.devices.connections import AttentiveLink
        from iotcloud.rows import bind

        region = self.settings.aws_region
        bind(ExchangeRow, self.settings.table_prefix, region)
        endpoint = DataEndpoint(lambda: self._iot, self.settings.iot_endpoint)
        gateway = MqttGateway.from_session(boto3.Session(region_name=region), region, endpoint.find_host)
        link = MqttDeviceLink(lambda: MqttSession(gateway.upgrade()), ExchangeStore(), self.device_store)
        return AttentiveLink(link, self._broker_connections)

    @cached_property
    def device_store(self) -> "DeviceStore":
        """Keeps the registry."""
        from iotcloud.devices.store import DeviceNameRow, DeviceRow, DeviceStore
        from iotcloud.rows import bind

        bind(DeviceNameRow, self.settings.table_prefix, self.settings.aws_region)
        bind(DeviceRow, self.settings.table_prefix, self.settings.aws_region)
        return DeviceStore()

    @cached_property
    def device_user_store(self) -> "DeviceUserStore":
        """Keeps who may use devices besides their owners."""
        from iotcloud.rows import bind
        from iotcloud.sharing.store import DeviceUserRow, DeviceUserStore

        bind(DeviceUserRow, self.settings.table_prefix, self.settings.aws_region)
        return DeviceUserStore()

    @cached_property
    def devices(self) -> "DeviceService":
        """Finds devices."""
        from iotcloud.devices.service import DeviceService

        return DeviceService(self.device_store, self.sensor_store, self.device_user_store)

    @cached_property
    def directory(self) -> "Directory":
        """Keeps accounts and passwords."""
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG
        from iotcloud.adapters.cognito import CognitoDirectory

        client = boto3.client("cognito-idp", region_name=self.settings.aws_region, config=CLIENT_CONFIG)
        return CognitoDirectory(client, self.settings.user_pool_id, self.settings.user_pool_client_id)

    @cached_property
    def eraser(self) -> "ErasureService":
        """Erases what closed accounts left."""
        from datetime import timedelta

        from iotcloud.clock import utc_now
        from iotcloud.users.closing import ErasureService

        lifetime = timedelta(minutes=self.settings.access_token_minutes)
        return ErasureService(self.directory, self.owned, self.erasures, lifetime, utc_now)

    @cached_property
    def erasures(self) -> "ErasureQueue":
        """Takes orders to erase what closed accounts left."""
        from iotcloud.adapters.orders import ErasureQueue

        return ErasureQueue(self.settings.erasures_queue_url, self.settings.aws_region)

    @cached_property
    def export_store(self) -> "ExportStore":
        """Keeps the newest export of each user."""
        from iotcloud.users.store import ExportStore

        self._bind_users()
        return ExportStore()

    @cached_property
    def exported(self) -> "Mapping[str, ExportedData]":
        """What each feature keeps of a user, for the user to take away, by the name of its file in the archive."""
        from iotcloud.devices.owned import OwnedDevices
        from iotcloud.groups.owned import OwnedGroups
        from iotcloud.histories.owned import OwnedMessages
        from iotcloud.notices.owned import OwnedBlocks, OwnedNotices
        from iotcloud.peripherals.owned import OwnedConfigurations, OwnedSensors
        from iotcloud.users.owned import OwnedAccount, OwnedPushTokens

        return {
            "account": OwnedAccount(self.directory),
            "configurations": OwnedConfigurations(self.device_store, self.configuration_store),
            "devices": OwnedDevices(self.device_store, self.registration, self.sharing),
            "groups": OwnedGroups(self.group_store),
            "histories": OwnedMessages(self.device_store, self.message_store),
            "notification_blocks": OwnedBlocks(self.device_store, self.notification_blocks),
            "notices": OwnedNotices(self.ledger, self.stored_notices),
            "phones": OwnedPushTokens(self.push_token_store),
            "sensors": OwnedSensors(self.device_store, self.sensor_store),
        }

    @cached_property
    def exporter(self) -> "ExporterService":
        """Makes archives of users' data."""
        from iotcloud.users.exports import ExporterService

        return ExporterService(
            self.export_store,
            self.exported,
            self.archives,
            lambda username: self.directory.find_account(username) is not None,
        )

    @cached_property
    def exports(self) -> "ExportService":
        """Orders and fetches archives of a user's data."""
        from iotcloud.adapters.orders import ExportQueue
        from iotcloud.clock import utc_now
        from iotcloud.users.exports import ExportService

        orders = ExportQueue(self.settings.exports_queue_url, self.settings.aws_region)
        return ExportService(self.export_store, orders, self.archives, self.attempts, utc_now)

    @cached_property
    def group_store(self) -> "DeviceGroupStore":
        """Keeps groups of devices."""
        from iotcloud.groups.store import DeviceGroupRow, DeviceGroupStore
        from iotcloud.rows import bind

        bind(DeviceGroupRow, self.settings.table_prefix, self.settings.aws_region)
        return DeviceGroupStore()

    @cached_property
    def groups(self) -> "GroupService":
        """Keeps users' groups of devices."""
        from iotcloud.groups.service import GroupService

        return GroupService(self.devices, self.device_store, self.group_store)

    @cached_property
    def histories(self) -> "HistoryService":
        """Shows what devices and server said to each other."""
        from iotcloud.histories.service import HistoryService

        return HistoryService(self.devices, self.device_store, self.message_store)

    @cached_property
    def idp_codes(self) -> "IdpCodeService":
        """Hands codes of social sign-ins from one window to the other."""
        from iotcloud.rows import bind
        from iotcloud.users.idp_codes import IdpCodeService
        from iotcloud.users.store import IdpCodeRow, IdpCodeStore

        bind(IdpCodeRow, self.settings.table_prefix, self.settings.aws_region)
        return IdpCodeService(IdpCodeStore())

    @cached_property
    def claims(self) -> "ClaimService":
        """Decides on devices' claims."""
        from iotcloud.adapters.certificate_requests import read_expiry
        from iotcloud.clock import utc_now
        from iotcloud.provisioning.service import ClaimService

        return ClaimService(self.known_device_store, self._things, read_expiry, utc_now)

    @cached_property
    def known_device_store(self) -> "KnownDeviceStore":
        """Keeps what makers told us of their devices."""
        from iotcloud.provisioning.store import KnownDeviceRow, KnownDeviceStore
        from iotcloud.rows import bind

        bind(KnownDeviceRow, self.settings.table_prefix, self.settings.aws_region)
        return KnownDeviceStore()

    @cached_property
    def ledger(self) -> "LedgerStore":
        """Keeps what becomes of notices."""
        from iotcloud.notices.store import LedgerStore, NoticeRow
        from iotcloud.rows import bind

        bind(NoticeRow, self.settings.table_prefix, self.settings.aws_region)
        return LedgerStore(self.settings.notice_days)

    @cached_property
    def message_store(self) -> "MessageStore":
        """Keeps device messages."""
        from iotcloud.histories.store import MessageRow, MessageStore
        from iotcloud.rows import bind

        bind(MessageRow, self.settings.table_prefix, self.settings.aws_region)
        return MessageStore(self.settings.history_days, self.settings.reading_days)

    @cached_property
    def notice_counters(self) -> "NoticeCounterStore":
        """Counts notices against limits."""
        from iotcloud.notices.store import NoticeCounterRow, NoticeCounterStore
        from iotcloud.rows import bind

        bind(NoticeCounterRow, self.settings.table_prefix, self.settings.aws_region)
        return NoticeCounterStore()

    @cached_property
    def notices(self) -> "NoticeService":
        """Shows what became of notices."""
        from iotcloud.notices.service import NoticeService

        return NoticeService(self.devices, self.device_store, self.ledger, self.stored_notices)

    @cached_property
    def notification_blocks(self) -> "NotificationBlockStore":
        """Keeps each port's notification block."""
        from iotcloud.notices.store import NotificationBlockRow, NotificationBlockStore
        from iotcloud.rows import bind

        bind(NotificationBlockRow, self.settings.table_prefix, self.settings.aws_region)
        return NotificationBlockStore()

    @cached_property
    def notifier(self) -> "Notifier":
        """Turns triggers into notices."""
        from iotcloud.adapters.device_notices import DeviceConsole
        from iotcloud.adapters.notice_queue import NoticeQueue
        from iotcloud.adapters.parking import ParkingQueue
        from iotcloud.clock import utc_now
        from iotcloud.notices.dispatch import Dispatcher
        from iotcloud.notices.intake import Notifier
        from iotcloud.users.push_tokens import PhoneList

        settings = self.settings
        console = DeviceConsole(self.publisher)
        dispatcher = Dispatcher(
            devices=self.device_store,
            phones=PhoneList(self.push_token_store),
            sensors=self.sensor_store,
            blocks=self.notification_blocks,
            contacts=self.contacts,
            policies=self.policies,
            counters=self.notice_counters,
            ledger=self.ledger,
            outbox=NoticeQueue(lambda: self._sqs, settings.deliveries_queue_url),
            console=console,
        )
        parking = ParkingQueue(settings.unusable_messages_queue_url, settings.aws_region)
        return Notifier(dispatcher, parking, console, utc_now)

    @cached_property
    def owned(self) -> "Mapping[str, OwnedData]":
        """What each feature keeps of a user, to be erased in this order when the account is closed."""
        from iotcloud.devices.owned import OwnedDevices
        from iotcloud.groups.owned import OwnedGroups
        from iotcloud.notices.owned import OwnedNotices
        from iotcloud.users.store import UserStore

        self._bind_users()
        return {
            "devices": OwnedDevices(self.device_store, self.registration, self.sharing),
            "groups": OwnedGroups(self.group_store),
            "notices": OwnedNotices(self.ledger, self.stored_notices),
            "archives": self.archives,
            "users": UserStore(),
        }

    @cached_property
    def passwords(self) -> "PasswordService":
        """Sets new passwords."""
        from iotcloud.users.passwords import PasswordService

        return PasswordService(self.directory, self.attempts)

    @cached_property
    def phones(self) -> "PhoneService":
        """Passes verified telephone numbers on to devices."""
        from iotcloud.notices.phones import PhoneService

        return PhoneService(self.device_store, self.notification_blocks)

    @cached_property
    def policies(self) -> "Policies":
        """Keeps each account's limits of notices."""
        from iotcloud.clock import utc_now
        from iotcloud.notices.limits import Policy
        from iotcloud.notices.policies import Policies
        from iotcloud.users.store import NoticeLimitsStore

        self._bind_users()
        platform = Policy(per_month=self.settings.notices_per_month)
        return Policies(NoticeLimitsStore(), self.notice_counters, platform, utc_now)

    @cached_property
    def ports(self) -> "PortControl":
        """Sets UART and GPIO."""
        from iotcloud.peripherals.port_control import PortControl

        return PortControl(
            self.devices, self.configuration_store, self.notification_blocks, self.contacts, self.device_link
        )

    @cached_property
    def profiles(self) -> "ProfileService":
        """Shows and changes accounts."""
        from iotcloud.adapters.orders import PhoneQueue
        from iotcloud.users.profiles import ProfileService

        phones = PhoneQueue(self.settings.phones_queue_url, self.settings.aws_region)
        return ProfileService(self.directory, self.attempts, phones)

    @cached_property
    def publisher(self) -> "BrokerPublisher":
        """Sends messages to devices."""
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG
        from iotcloud.adapters.publisher import BrokerPublisher

        client = boto3.client("iot-data", region_name=self.settings.aws_region, config=CLIENT_CONFIG)
        return BrokerPublisher(client)

    @cached_property
    def push_token_store(self) -> "PushTokenStore":
        """Keeps push tokens."""
        from iotcloud.users.store import PushTokenStore

        self._bind_users()
        return PushTokenStore()

    @cached_property
    def push_tokens(self) -> "PushTokenService":
        """Registers phones."""
        from iotcloud.users.push_tokens import PushTokenService

        return PushTokenService(self.push_token_store, self.tokens)

    @cached_property
    def readings(self) -> "ReadingService":
        """Shows and deletes readings."""
        from iotcloud.readings.service import ReadingService

        return ReadingService(
            devices=self.devices,
            sensors=self.sensor_store,
            log=self.message_store,
            memories=self.sensor_memories,
            forgetter=self.slot_memory,
            slots=self.sensors,
            link=self.device_link,
        )

    @cached_property
    def receipt_desk(self) -> "ReceiptDesk":
        """Reads receipts of AWS's own providers."""
        from iotcloud.adapters.parking import ParkingQueue
        from iotcloud.notices.receipts import ReceiptDesk

        parking = ParkingQueue(self.settings.unusable_messages_queue_url, self.settings.aws_region)
        return ReceiptDesk(self.receipts, parking)

    @cached_property
    def receipts(self) -> "ReceiptService":
        """Takes receipts into the ledger."""
        from iotcloud.notices.receipts import ReceiptService

        return ReceiptService(self.ledger)

    @cached_property
    def recorder(self) -> "Recorder":
        """Records device messages."""
        from iotcloud.adapters.parking import ParkingQueue
        from iotcloud.histories.recording import Recorder

        parking = ParkingQueue(self.settings.unusable_messages_queue_url, self.settings.aws_region)
        return Recorder(self.device_store, self.message_store, parking, self.settings.heartbeat_seconds)

    @cached_property
    def registration(self) -> "RegistrationService":
        """Registers and deletes devices."""
        from iotcloud.adapters.certificate_requests import DeviceKeys
        from iotcloud.clock import utc_now
        from iotcloud.devices.registration import RegistrationService
        from iotcloud.provisioning.model import Admission
        from iotcloud.provisioning.service import AdoptionService

        return RegistrationService(
            devices=self.device_store,
            things=self._things,
            keys=DeviceKeys(),
            brokers=self._broker,
            connections=self._broker_connections,
            origins=AdoptionService(self.known_device_store, self.attempts, Admission(self.settings.device_admission)),
            data=self.device_data,
            clock=utc_now,
        )

    @cached_property
    def rounds(self) -> "NoticeRounds":
        """Takes notices to their providers."""
        from iotcloud.adapters.device_notices import DeviceConsole
        from iotcloud.adapters.notice_queue import NoticeRounds
        from iotcloud.adapters.senders import make_senders
        from iotcloud.clock import utc_now
        from iotcloud.notices.delivery import Courier

        courier = Courier(self.ledger, make_senders(self.settings, self.publisher), DeviceConsole(self.publisher))
        return NoticeRounds(lambda: self._sqs, self.settings.deliveries_queue_url, courier, utc_now)

    @cached_property
    def second_factors(self) -> "SecondFactorService":
        """Sets up the second proof at sign-in."""
        from iotcloud.users.second_factors import SecondFactorService

        return SecondFactorService(self.directory, self.attempts)

    @cached_property
    def sensor_control(self) -> "SensorControl":
        """Sets and switches sensors."""
        from iotcloud.peripherals.control import SensorControl

        return SensorControl(
            devices=self.devices,
            sensors=self.sensor_store,
            configurations=self.configuration_store,
            blocks=self.notification_blocks,
            contacts=self.contacts,
            memory=self.slot_memory,
            link=self.device_link,
        )

    @cached_property
    def sensor_memories(self) -> "SensorMemoryStore":
        """Keeps what is remembered of sensors beside their readings."""
        from iotcloud.readings.store import SensorMemoryRow, SensorMemoryStore
        from iotcloud.rows import bind

        bind(SensorMemoryRow, self.settings.table_prefix, self.settings.aws_region)
        return SensorMemoryStore()

    @cached_property
    def sensor_store(self) -> "SensorStore":
        """Keeps the sensors of devices."""
        from iotcloud.peripherals.store import SensorRow, SensorStore
        from iotcloud.rows import bind

        bind(SensorRow, self.settings.table_prefix, self.settings.aws_region)
        return SensorStore()

    @cached_property
    def sensors(self) -> "SensorRegistration":
        """Registers sensors."""
        from iotcloud.peripherals.registration import SensorRegistration

        return SensorRegistration(
            devices=self.devices,
            sensors=self.sensor_store,
            configurations=self.configuration_store,
            blocks=self.notification_blocks,
            memory=self.slot_memory,
            link=self.device_link,
        )

    @cached_property
    def sensorian(self) -> "Sensorian":
        """Records readings."""
        from iotcloud.adapters.trigger_queue import TriggerQueue
        from iotcloud.readings.forwarding import Forwarder
        from iotcloud.readings.recording import Sensorian
        from iotcloud.readings.remembering import Rememberer
        from iotcloud.readings.telling import TriggerTelling

        triggers = TriggerQueue(lambda: self._sqs, self.settings.triggers_queue_url)
        return Sensorian(
            recorder=self.recorder,
            memories=self.sensor_memories,
            configurations=self.configuration_store,
            sensors=self.sensor_store,
            rememberer=Rememberer(
                self.message_store, self.sensor_memories, TriggerTelling(triggers, self.message_store)
            ),
            forwarder=Forwarder(self.device_store, lambda: self.publisher),
        )

    @cached_property
    def series(self) -> "SeriesService":
        """Shows the course of sensors."""
        from iotcloud.clock import utc_now
        from iotcloud.readings.series import SeriesService

        return SeriesService(self.devices, self.sensor_store, self.message_store, self.sensor_memories, utc_now)

    @cached_property
    def sessions(self) -> "SessionService":
        """Opens, renews and closes sessions."""
        from iotcloud.users.sessions import SessionService

        return SessionService(self.directory, self.attempts, self.push_tokens)

    @cached_property
    def sharing(self) -> "SharingService":
        """Shares devices."""
        from iotcloud.clock import utc_now
        from iotcloud.sharing.service import SharingService

        return SharingService(self.devices, self.device_store, self.device_user_store, self.contacts, utc_now)

    @cached_property
    def stored_notices(self) -> "S3NoticeStorage":
        """Lends and erases the notices whose channel is storage."""
        import boto3

        from iotcloud.adapters.aws import LINK_CONFIG
        from iotcloud.adapters.notice_storage import S3NoticeStorage

        region = self.settings.aws_region
        client = boto3.client("s3", region_name=region, config=LINK_CONFIG)
        return S3NoticeStorage(lambda: client, self.settings.notices_bucket)

    @cached_property
    def suspension_store(self) -> "SuspensionStore":
        """Keeps who was suspended lately."""
        from iotcloud.administration.store import SuspensionRow, SuspensionStore
        from iotcloud.rows import bind

        bind(SuspensionRow, self.settings.table_prefix, self.settings.aws_region)
        return SuspensionStore()

    @cached_property
    def slot_memory(self) -> "SensorForgetter":
        """Forgets readings and thresholds' states."""
        from iotcloud.clock import utc_now
        from iotcloud.readings.forgetting import SensorForgetter

        return SensorForgetter(self.device_store, self.sensor_memories, utc_now)

    @cached_property
    def tokens(self) -> "TokenVerifier":
        """Verifies access tokens."""
        from iotcloud.adapters.access_tokens import CognitoTokens, PoolKeys
        from iotcloud.administration.tokens import TokensOfTheAdmitted
        from iotcloud.clock import utc_now

        region, pool = self.settings.aws_region, self.settings.user_pool_id
        issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool}"
        tokens = CognitoTokens(PoolKeys(region, pool), issuer, self.settings.user_pool_client_id)
        return TokensOfTheAdmitted(tokens, self.suspension_store, utc_now)

    def _bind_users(self) -> None:
        from iotcloud.rows import bind
        from iotcloud.users.store import UserRow

        bind(UserRow, self.settings.table_prefix, self.settings.aws_region)

    @cached_property
    def _broker(self) -> "BrokerAddress":
        from iotcloud.adapters.broker import BrokerAddress

        settings = self.settings
        return BrokerAddress(
            lambda: self._iot,
            lambda: self._ssm,
            settings.mqtt_host or settings.iot_endpoint,
            settings.mqtt_port,
            settings.device_ca_parameter,
        )

    @cached_property
    def _broker_connections(self) -> "BrokerConnections":
        from iotcloud.adapters.broker import BrokerConnections

        return BrokerConnections(lambda: self._iot_data)

    @cached_property
    def _iot(self) -> "IoTClient":
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG

        return boto3.client("iot", region_name=self.settings.aws_region, config=CLIENT_CONFIG)

    @cached_property
    def _iot_data(self) -> "IoTDataPlaneClient":
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG

        return boto3.client("iot-data", region_name=self.settings.aws_region, config=CLIENT_CONFIG)

    @cached_property
    def _sqs(self) -> "SQSClient":
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG

        return boto3.client("sqs", region_name=self.settings.aws_region, config=CLIENT_CONFIG)

    @cached_property
    def _things(self) -> "IotThings":
        from iotcloud.adapters.thing_registry import IotThings
        from iotcloud.clock import utc_now

        return IotThings(lambda: self._iot, self.settings.device_policy_name, utc_now)

    @cached_property
    def _ssm(self) -> "SSMClient":
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG

        return boto3.client("ssm", region_name=self.settings.aws_region, config=CLIENT_CONFIG)


@lru_cache(maxsize=1)
def wiring() -> Wiring:
    """The wiring of this process, from its environment."""
    return Wiring(Settings.from_environment())
