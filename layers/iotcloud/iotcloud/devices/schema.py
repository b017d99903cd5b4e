"""Request and response bodies of the device operations. Times are texts of digits, as the old apps expect."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError

from iotcloud.devices.connections import Arrival
from iotcloud.devices.model import DEVICEID_PATTERN, MAX_DEVICEID, MAX_SERIALNUMBER, Certificate, Device, Location, Role
from iotcloud.devices.presence import Change, Mark, PresenceEvent
from iotcloud.devices.registration import Enrolment
from iotcloud.pagination import MAX_UNPAGED, Page
from iotcloud.schema import Answer, Body, Shape

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DeviceId = Annotated[str, StringConstraints(min_length=1, max_length=MAX_DEVICEID, pattern=DEVICEID_PATTERN)]
SerialNumber = Annotated[str, StringConstraints(min_length=1, max_length=MAX_SERIALNUMBER)]


class DeviceRecord(Shape):
    """A device, as its user sees it."""

    devicename: str = Field(examples=["Barn unit"], description="The caller's own name for the device.")
    deviceid: str = Field(examples=["PH80XXRR1123264F"], description="The device's id, which is its MQTT client id.")
    serialnumber: str = Field(examples=["00079"], description="The device's serial number.")
    timestamp: str = Field(description="When it was registered, epoch seconds.", examples=["1795428000"])
    heartbeat: str | None = Field(None, description="When it last published anything.", examples=["1795431600"])
    version: str | None = Field(None, description="Its firmware, when it last told.", examples=["0.1"])
    online: bool | None = Field(None, description="Whether it is connected; absent when nobody knows.")
    connected_at: str | None = Field(None, description="When it last connected.", examples=["1795428030"])
    disconnected_at: str | None = Field(None, description="When it last disconnected.", examples=["1795427990"])
    disconnect_reason: str | None = Field(
        None, description="Why, in the broker's words.", examples=["CLIENT_INITIATED_DISCONNECT"]
    )
    certificate_expires_at: str | None = Field(
        None, description="When its certificate ends; absent when that was revoked.", examples=["2524607999"]
    )
    role: Role = Field(Role.OWNER, description="What the caller may do with it.", examples=["owner"])

    @classmethod
    def from_model(cls, device: Device) -> Self:
        """Show a device."""
        return cls(**_members(device))


class EnrolledDevice(DeviceRecord):
    """A device just registered, with all that it needs to connect. The key is shown this once and kept nowhere."""

    cert: str | None = Field(None, description="The device's certificate, PEM; absent when the device has one already.")
    pkey: str | None = Field(None, description="Its private key (PKCS #8, PEM); absent when a csr was given.")
    ca: str = Field(description="The certificate that vouches for the broker's, PEM.")
    host: str = Field(description="Where it connects.", examples=["a1b2c3-ats.iot.eu-west-1.amazonaws.com"])
    port: int = Field(examples=[8883], description="The port for MQTT over TLS.")


class AddDevice(Body):
    """The body of a device registration."""

    deviceid: DeviceId = Field(
        examples=["PH80XXRR1123264F"], description="The device's id, which is its MQTT client id."
    )
    serialnumber: SerialNumber = Field(examples=["00079"], description="The device's serial number.")
    csr: str | None = Field(
        None,
        min_length=1,
        description="A signing request (PKCS #10, PEM) of a key that stays in the device; then no key is made.",
    )


class LifecycleEvent(Shape):
    """A message of the broker about a connection (AWS IoT Core developer guide, "Lifecycle events")."""

    client_id: str = Field(alias="clientId")
    event_type: Change = Field(alias="eventType")
    timestamp: int = Field(ge=0, le=9_999_999_999_999)
    session: str = Field("", alias="sessionIdentifier")
    certificate_id: str = Field("", alias="principalIdentifier")
    version: int = Field(ge=0, alias="versionNumber")
    reason: str | None = Field(None, alias="disconnectReason")

    @classmethod
    def read_arrivals(cls, event: Mapping[str, Any]) -> list[Arrival]:
        """Parse the batch of an SQS event."""
        return [cls._read_arrival(record["messageId"], record["body"]) for record in event["Records"]]

    @classmethod
    def _read_arrival(cls, delivery_id: str, body: str) -> Arrival:
        try:
            return Arrival(delivery_id, body, cls.model_validate_json(body).to_model())
        except ValidationError:
            return Arrival(delivery_id, body, None)

    def to_model(self) -> PresenceEvent:
        """Make the event."""
        return PresenceEvent(
            deviceid=self.client_id,
            change=self.event_type,
            mark=Mark(_EPOCH + timedelta(milliseconds=self.timestamp), self.version),
            session=self.session,
            certificate_id=self.certificate_id,
            reason=self.reason,
        )


class CertificateRecord(Shape):
    """A certificate of a device."""

    certificateid: str = Field(description="Its id in the registry: the SHA-256 of the certificate.")
    issued_at: str = Field(examples=["1795428000"], description="When it was issued, epoch seconds.")
    expires_at: str = Field(description="After this the device can connect with it no more.", examples=["2524607999"])

    @classmethod
    def from_model(cls, certificate: Certificate | None) -> Self | None:
        """Show a certificate, if there is one."""
        if certificate is None:
            return None
        return cls(
            certificateid=certificate.certificate_id,
            issued_at=_digits(certificate.issued_at),
            expires_at=_digits(certificate.expires_at),
        )


class CertificatesAnswer(Answer):
    """The certificates of a device."""

    certificate: CertificateRecord | None = Field(None, description="The one in use; absent when it was revoked.")
    successor: CertificateRecord | None = Field(None, description="One that was issued and not used yet.")

    @classmethod
    def from_model(cls, device: Device) -> Self:
        """Answer with a device's certificates."""
        return cls(
            certificate=CertificateRecord.from_model(device.certificate),
            successor=CertificateRecord.from_model(device.successor),
        )


class RenewCertificate(Body):
    """The body of a certificate renewal."""

    csr: str | None = Field(
        None,
        min_length=1,
        description="A signing request (PKCS #10, PEM) of a key that stays in the device; then no key is made.",
    )


class LocationRecord(Shape):
    """A point on the map, in degrees (WGS 84)."""

    latitude: float = Field(examples=[1.3521], description="Degrees north.")
    longitude: float = Field(examples=[103.8198], description="Degrees east.")

    @classmethod
    def from_model(cls, location: Location) -> Self:
        """Show a location."""
        return cls(latitude=location.latitude, longitude=location.longitude)


class SetLocation(Body):
    """Where a device is, in degrees (WGS 84)."""

    latitude: float = Field(
        strict=True, ge=-90, le=90, allow_inf_nan=False, examples=[1.3521], description="Degrees north."
    )
    longitude: float = Field(
        strict=True, ge=-180, le=180, allow_inf_nan=False, examples=[103.8198], description="Degrees east."
    )

    def to_model(self) -> Location:
        """Make the location."""
        return Location(self.latitude, self.longitude)


class PlacedDevice(Body):
    """A device, by the caller's name for it, and where it is."""

    devicename: str = Field(min_length=1, examples=["Barn unit"], description="The caller's own name for the device.")
    location: SetLocation = Field(description="Where it is.")


class SetLocations(Body):
    """Where several devices are; of a name that occurs twice, the last counts."""

    locations: list[PlacedDevice] = Field(max_length=MAX_UNPAGED, description="Devices and where they are.")

    def to_model(self) -> dict[str, Location]:
        """Make the locations, by device name."""
        return {placed.devicename: placed.location.to_model() for placed in self.locations}


class LocationAnswer(Answer):
    """Where a device is."""

    location: LocationRecord | None = Field(None, description="Absent when nobody has said.")

    @classmethod
    def from_model(cls, location: Location | None) -> Self:
        """Answer with a location, or without."""
        return cls(location=None if location is None else LocationRecord.from_model(location))


class PlacedDeviceRecord(Shape):
    """A device by name, and where it is."""

    devicename: str = Field(examples=["Barn unit"], description="The caller's own name for the device.")
    location: LocationRecord = Field(description="Where it is.")


class LocationsAnswer(Answer):
    """Where devices are."""

    locations: list[PlacedDeviceRecord] | None = Field(None, description="Absent when no device has a location.")
    cursor: str | None = Field(None, description="Leads to the next devices; absent when there are no more.")

    @classmethod
    def from_page(cls, page: Page[Device]) -> Self:
        """Answer with the locations of some devices."""
        placed = [
            PlacedDeviceRecord(devicename=device.devicename, location=LocationRecord.from_model(device.location))
            for device in page.items
            if device.location is not None
        ]
        return cls(locations=placed or None, cursor=page.cursor)


class CursorAnswer(Answer):
    """Done up to the cursor."""

    cursor: str | None = Field(None, description="Where to go on; absent when all is done.")


class RenameDevice(Body):
    """The caller's new name for a device."""

    new_devicename: str = Field(min_length=1, examples=["Stable unit"], description="The new name.")


class DeviceAnswer(Answer):
    """One device."""

    device: DeviceRecord = Field(description="The device.")

    @classmethod
    def from_model(cls, device: Device) -> Self:
        """Answer with a device."""
        return cls(device=DeviceRecord.from_model(device))


class DevicesAnswer(Answer):
    """Devices in the order of their names."""

    devices: list[DeviceRecord] = Field(description="By name.")
    cursor: str | None = Field(None, description="Leads to the next devices; absent when there are no more.")

    @classmethod
    def from_page(cls, page: Page[Device]) -> Self:
        """Answer with some devices."""
        return cls(devices=[DeviceRecord.from_model(device) for device in page.items], cursor=page.cursor)


class EnrolledDeviceAnswer(Answer):
    """The device just registered."""

    device: EnrolledDevice = Field(description="The device and its credentials.")

    @classmethod
    def from_model(cls, enrolment: Enrolment) -> Self:
        """Answer with a device and its credentials."""
        return cls(
            device=EnrolledDevice(
                **_members(enrolment.device),
                cert=enrolment.certificate_pem,
                pkey=enrolment.key_pem,
                ca=enrolment.broker.ca_pem,
                host=enrolment.broker.host,
                port=enrolment.broker.port,
            )
        )


def _members(device: Device) -> dict[str, Any]:
    presence = device.presence
    return {
        "devicename": device.devicename,
        "deviceid": device.deviceid,
        "serialnumber": device.serialnumber,
        "timestamp": _digits(device.registered_at),
        "heartbeat": _digits_or_none(device.heartbeat_at),
        "version": device.version,
        "online": device.is_online,
        "connected_at": _digits_or_none(presence.connected.at if presence.connected else None),
        "disconnected_at": _digits_or_none(presence.disconnected.at if presence.disconnected else None),
        "disconnect_reason": presence.reason,
        "certificate_expires_at": _digits_or_none(device.certificate.expires_at if device.certificate else None),
        "role": device.role.value,
    }


def _digits(instant: datetime) -> str:
    return str(int(instant.timestamp()))


def _digits_or_none(instant: datetime | None) -> str | None:
    return None if instant is None else _digits(instant)
