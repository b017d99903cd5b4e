"""Fakes of the device registry's dependencies: rows, things, certificates, keys, broker, with readable contents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from iotcloud.devices.model import (
    MAX_WATCHERS,
    Certificate,
    Device,
    DeviceName,
    Location,
    RegisteredDevice,
    Role,
    Watcher,
)
from iotcloud.devices.presence import PresenceEvent
from iotcloud.devices.registration import Broker, Patience, SignedCertificate
from iotcloud.errors import (
    DeletionInProgress,
    DependencyFailed,
    DeviceIdTaken,
    DeviceNameTaken,
    DeviceNotRegistered,
    InvalidInput,
    RenewalUnderWay,
)
from iotcloud.pagination import Page, make_cursor, open_cursor

BROKER = Broker("broker.example.com", 8883, "-----BEGIN CERTIFICATE-----\nthe root\n-----END CERTIFICATE-----\n")
EXPIRES_AT = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)


def make_device(devicename: str = "Barn unit", **members: object) -> Device:
    """Create a device of `ann`; a test gives only the relevant values."""
    given = {
        "deviceid": "PH80XXRR1123264F",
        "owner": "ann",
        "devicename": devicename,
        "serialnumber": "00079",
        "registered_at": datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        "registration": "1f2e3d4c5b6a7988",
    }
    return Device(**{"username": members.get("owner", given["owner"]), **given, **members})  # type: ignore[arg-type]


class FakeDevices:
    """Replaces DeviceStore."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, str], DeviceName] = {}
        self.invited_as: dict[tuple[str, str], str | None] = {}
        self.rows: dict[str, RegisteredDevice] = {}
        self.leaving_until: dict[str, datetime] = {}
        self.due: dict[str, datetime] = {}

    def add(self, device: Device) -> None:
        """See DeviceStore."""
        if (device.username, device.devicename) in self.names:
            raise DeviceNameTaken
        if device.deviceid in self.rows:
            raise DeviceIdTaken
        self.rows[device.deviceid] = device
        self._name(device)

    def count_owned(self, username: str, at_most: int) -> int:
        """See DeviceStore."""
        mine = [name for (owner, _), name in sorted(self.names.items()) if owner == username][:at_most]
        return sum(name.role is Role.OWNER for name in mine)

    def find(self, username: str, devicename: str) -> Device:
        """See DeviceStore."""
        name = self.names.get((username, devicename))
        row = self.rows.get(name.deviceid) if name else None
        if name is None or row is None or row.registration != name.registration:
            raise DeviceNotRegistered
        return self._seen(name, row)

    def find_all(self, username: str, devicenames: Sequence[str]) -> list[Device]:
        """See DeviceStore."""
        known = [devicename for devicename in devicenames if (username, devicename) in self.names]
        return [self.find(username, devicename) for devicename in known]

    def rename(self, device: Device, new_devicename: str) -> Device:
        """See DeviceStore."""
        if (device.username, new_devicename) in self.names:
            raise DeviceNameTaken("Device name is already registered")
        name = self.names.pop((device.username, device.devicename), None)
        if name is None or name.registration != device.registration:
            raise DeviceNotRegistered
        renamed = replace(device, devicename=new_devicename)
        self._name(renamed)
        return renamed

    def page(self, username: str, limit: int, cursor: str | None = None) -> Page[Device]:
        """See DeviceStore."""
        scope = f"devices of {username}"
        after = open_cursor(scope, cursor) if cursor else ""
        names = [name for name in self.list_names(username) if name.devicename > after]
        shown = [self._seen(name, self.rows[name.deviceid]) for name in names[:limit]]
        return Page(shown, make_cursor(scope, shown[-1].devicename) if len(names) > limit else None)

    def list_names(self, username: str) -> list[DeviceName]:
        """See DeviceStore."""
        return [name for _, name in sorted(self.names.items()) if name.username == username]

    def find_names(self, username: str, devicenames: Mapping[str, str]) -> list[DeviceName]:
        """See DeviceStore."""
        return [name for name in self.list_names(username) if name.deviceid in devicenames]

    def leave(self, device: Device, now: datetime, within: timedelta) -> RegisteredDevice:
        """See DeviceStore."""
        row = self.rows.get(device.deviceid)
        until = self.leaving_until.get(device.registration)
        if row is None or row.registration != device.registration or (until is not None and until > now):
            raise DeletionInProgress
        self.leaving_until[device.registration] = now + within
        self.rows[device.deviceid] = row = replace(row, is_leaving=True)
        return row

    def stay(self, device: Device, now: datetime) -> None:
        """See DeviceStore."""
        if device.registration in self.leaving_until:
            self.leaving_until[device.registration] = now

    def remove(self, device: Device) -> None:
        """See DeviceStore."""
        self.names = {
            key: name
            for key, name in self.names.items()
            if (name.deviceid, name.registration) != (device.deviceid, device.registration)
        }
        row = self.rows.get(device.deviceid)
        self.leaving_until.pop(device.registration, None)
        if row is not None and row.registration == device.registration:
            del self.rows[device.deviceid]

    def set_certificate(self, device: RegisteredDevice, certificate: Certificate, due_at: datetime | None) -> None:
        """See DeviceStore."""
        if self._there(device).certificate is not None:
            raise RenewalUnderWay
        self._change(device, certificate=certificate)
        self.set_due(device, due_at)

    def set_successor(self, device: RegisteredDevice, successor: Certificate, due_at: datetime | None) -> None:
        """See DeviceStore."""
        if self._there(device).successor is not None:
            raise RenewalUnderWay
        self._change(device, successor=successor)
        self.set_due(device, due_at)

    def promote(self, device: RegisteredDevice, due_at: datetime | None) -> None:
        """See DeviceStore."""
        row = self.rows.get(device.deviceid)
        if row is not None and device.successor is not None and row.successor == device.successor:
            self.rows[device.deviceid] = replace(row, certificate=row.successor, successor=None)
            self.set_due(device, due_at)

    def forget_certificate(self, device: RegisteredDevice, certificate: Certificate) -> None:
        """See DeviceStore."""
        row = self.rows.get(device.deviceid)
        if row is not None:
            self.rows[device.deviceid] = replace(
                row,
                certificate=None if row.certificate == certificate else row.certificate,
                successor=None if row.successor == certificate else row.successor,
            )

    def find_due(self, now: datetime, limit: int) -> list[RegisteredDevice]:
        """See DeviceStore."""
        due = [deviceid for deviceid, due_at in self.due.items() if due_at <= now]
        return list(self.find_devices(due[:limit]).values())

    def set_due(self, device: RegisteredDevice, due_at: datetime | None) -> None:
        """See DeviceStore."""
        self.due.pop(device.deviceid, None)
        if due_at is not None and device.deviceid in self.rows:
            self.due[device.deviceid] = due_at

    def set_location(self, device: Device, location: Location | None) -> None:
        """See DeviceStore."""
        self._change(device, location=location)

    def set_locations(self, placed: Sequence[tuple[Device, Location | None]]) -> None:
        """See DeviceStore."""
        for device, location in placed:
            self.set_location(device, location)

    def find_owners_name(self, device: RegisteredDevice) -> str:
        """See DeviceStore."""
        names = [name for name in self.list_names(device.owner) if name.deviceid == device.deviceid]
        return names[0].devicename if names else device.deviceid

    def find_registration(self, deviceid: str) -> str | None:
        """See DeviceStore."""
        row = self.rows.get(deviceid)
        return row.registration if row else None

    def forget_name(self, name: DeviceName) -> None:
        """See DeviceStore."""
        kept = self.names.get((name.username, name.devicename))
        if kept is not None and kept.registration == name.registration:
            del self.names[name.username, name.devicename]

    def add_name(self, device: RegisteredDevice, username: str, devicename: str, role: Role, email: str) -> Device:
        """See DeviceStore."""
        name = self.names.get((username, devicename))
        if name is not None and name.registration != device.registration:
            raise DeviceNameTaken
        members = {key: getattr(device, key) for key in RegisteredDevice.__dataclass_fields__}
        named = Device(username=username, devicename=devicename, role=role, invited_as=email, **members)
        self._name(named)
        return named

    def watch(self, device: Device, until: datetime, now: datetime) -> bool:
        """See DeviceStore."""
        row = self.rows.get(device.deviceid)
        if row is None or row.registration != device.registration or row.is_leaving:
            return False
        others = tuple(one for one in row.watchers if one.username != device.username and one.until > now)
        if len(others) >= MAX_WATCHERS:
            return False
        watchers = sorted((*others, Watcher(device.username, until)), key=lambda one: one.username)
        self.rows[device.deviceid] = replace(row, watchers=tuple(watchers))
        return True

    def unwatch(self, deviceid: str, username: str) -> None:
        """See DeviceStore."""
        if row := self.rows.get(deviceid):
            kept = tuple(one for one in row.watchers if one.username != username)
            self.rows[deviceid] = replace(row, watchers=kept)

    def forget_names(self, deviceid: str, username: str) -> None:
        """See DeviceStore."""
        self.names = {
            key: name for key, name in self.names.items() if (name.deviceid, name.username) != (deviceid, username)
        }

    def find_devices(self, deviceids: Iterable[str]) -> dict[str, RegisteredDevice]:
        """See DeviceStore."""
        known = [deviceid for deviceid in deviceids if deviceid in self.rows]
        return {deviceid: self.rows[deviceid] for deviceid in known if not self.rows[deviceid].is_leaving}

    def record_version(self, deviceid: str, version: str) -> None:
        """See DeviceStore."""
        if deviceid in self.rows:
            self.rows[deviceid] = replace(self.rows[deviceid], version=version)

    def record_heartbeats(self, heartbeats: Mapping[str, datetime]) -> None:
        """See DeviceStore."""
        for deviceid, heartbeat_at in heartbeats.items():
            row = self.rows.get(deviceid)
            if row and (row.heartbeat_at is None or row.heartbeat_at < heartbeat_at):
                self.rows[deviceid] = replace(row, heartbeat_at=heartbeat_at)

    def record_presence(self, event: PresenceEvent) -> RegisteredDevice | None:
        """See DeviceStore."""
        row = self.rows.get(event.deviceid)
        if row is None:
            return None
        self.rows[event.deviceid] = row = replace(row, presence=row.presence.after(event))
        return None if row.is_leaving else row

    def _name(self, device: Device) -> None:
        key = (device.username, device.devicename)
        self.names[key] = DeviceName(*key, device.deviceid, device.registration, device.role)
        self.invited_as[key] = device.invited_as

    def _seen(self, name: DeviceName, row: RegisteredDevice) -> Device:
        members = {key: getattr(row, key) for key in RegisteredDevice.__dataclass_fields__}
        key = (name.username, name.devicename)
        return Device(
            username=name.username,
            devicename=name.devicename,
            role=Role(name.role),
            invited_as=self.invited_as[key],
            **members,
        )

    def _there(self, device: RegisteredDevice) -> RegisteredDevice:
        row = self.rows.get(device.deviceid)
        if row is None or row.registration != device.registration or row.is_leaving:
            raise DeviceNotRegistered
        return row

    def _change(self, device: RegisteredDevice, **members: object) -> None:
        self.rows[device.deviceid] = replace(self._there(device), **members)  # type: ignore[arg-type]


class FakeRights:
    """Replaces DeviceUserStore for role lookups: invited users have their role."""

    def __init__(self) -> None:
        self.taken: set[tuple[str, str]] = set()

    def find_roles(self, devices: Sequence[Device]) -> list[Role | None]:
        """See DeviceUserStore."""
        return [None if (device.deviceid, device.username) in self.taken else device.role for device in devices]


@dataclass
class FakeThings:
    """Replaces IotThings; `fails_at` names the step that fails once, before or after it was done."""

    things: set[str] = field(default_factory=set)
    statuses: dict[str, str] = field(default_factory=dict)
    allowed: set[str] = field(default_factory=set)
    bound: dict[str, str] = field(default_factory=dict)
    signed: int = 0
    fails_at: str | None = None
    fails_after: bool = False

    def create_thing(self, deviceid: str) -> None:
        """See ThingRegistry."""
        with _Failing(self, "create_thing"):
            self.things.add(deviceid)

    def delete_thing(self, deviceid: str, patience: Patience) -> None:
        """See ThingRegistry."""
        with _Failing(self, "delete_thing"):
            if deviceid in self.bound.values():
                raise DependencyFailed
            self.things.discard(deviceid)

    def sign(self, csr_pem: str) -> SignedCertificate:
        """See ThingRegistry."""
        with _Failing(self, "sign"):
            self.signed += 1
            certificate_id = f"{self.signed:064x}"
            self.statuses[certificate_id] = "INACTIVE"
        issued_at = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
        return SignedCertificate(Certificate(certificate_id, issued_at, EXPIRES_AT), f"certificate for {csr_pem}")

    def allow(self, certificate_id: str) -> None:
        """See ThingRegistry."""
        with _Failing(self, "allow"):
            self.allowed.add(certificate_id)

    def bind(self, certificate_id: str, deviceid: str) -> None:
        """See ThingRegistry."""
        with _Failing(self, "bind"):
            assert deviceid in self.things
            self.bound[certificate_id] = deviceid

    def activate(self, certificate_id: str) -> None:
        """See ThingRegistry."""
        with _Failing(self, "activate"):
            self.statuses[certificate_id] = "ACTIVE"

    def deactivate(self, certificate_id: str) -> None:
        """See ThingRegistry."""
        if certificate_id in self.statuses:
            self.statuses[certificate_id] = "INACTIVE"

    def discard(self, certificate_ids: Sequence[str], deviceid: str, patience: Patience) -> None:
        """See ThingRegistry."""
        with _Failing(self, "discard"):
            for certificate_id in certificate_ids:
                self.statuses.pop(certificate_id, None)
                self.allowed.discard(certificate_id)
                self.bound.pop(certificate_id, None)

    def is_empty(self) -> bool:
        """Return whether no certificate could ever connect: an unbound, inactive one cannot."""
        return not (self.things or self.allowed or self.bound or "ACTIVE" in self.statuses.values())


class _Failing:
    """Around one step: fails it when it is the one to fail, once."""

    def __init__(self, things: FakeThings, step: str) -> None:
        self._things = things
        self._fails = things.fails_at == step

    def __enter__(self) -> None:
        if self._fails and not self._things.fails_after:
            self._fail()

    def __exit__(self, *failed: object) -> None:
        if self._fails and failed == (None, None, None):
            self._fail()

    def _fail(self) -> None:
        self._things.fails_at = None
        raise DependencyFailed


class FakeKeys:
    """Replaces DeviceKeys."""

    def make(self, deviceid: str) -> tuple[str, str]:
        """See KeyMaker."""
        return f"key of {deviceid}", f"request of {deviceid}"

    def check(self, csr_pem: str) -> str:
        """See KeyMaker."""
        if not csr_pem.startswith("request"):
            raise InvalidInput
        return csr_pem


class FakeBrokers:
    """Replaces BrokerAddress."""

    def describe(self) -> Broker:
        """See Brokers."""
        return BROKER


@dataclass
class FakeConnections:
    """Replaces BrokerConnections."""

    disconnected: list[str] = field(default_factory=list)
    fails: bool = False

    def disconnect(self, deviceid: str) -> None:
        """See Connections."""
        if self.fails:
            raise DependencyFailed
        self.disconnected.append(deviceid)


@dataclass
class FakeOrigins:
    """Replaces AdoptionService: known devices by id, with serial number and certificate."""

    serialnumbers: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, Certificate] = field(default_factory=dict)
    adopted: set[str] = field(default_factory=set)
    fails: bool = False

    def prove(self, username: str, deviceid: str, serialnumber: str) -> Certificate | None:
        """See Origins."""
        if self.serialnumbers.get(deviceid, serialnumber) != serialnumber:
            raise InvalidInput
        return self.certificates.get(deviceid)

    def adopt(self, deviceid: str, certificate_id: str | None) -> None:
        """See Origins."""
        if self.fails:
            raise DependencyFailed
        self.adopted.add(deviceid)

    def release(self, deviceid: str) -> None:
        """See Origins."""
        self.adopted.discard(deviceid)


@dataclass
class FakeDeviceData:
    """A feature that stores data under device ids."""

    kept: set[str] = field(default_factory=set)
    fails: bool = False

    def erase(self, deviceid: str) -> None:
        """See DeviceData."""
        if self.fails:
            raise DependencyFailed
        self.kept.discard(deviceid)
