"""Registration is complete or undone, and deletion is complete or can be repeated."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.devices.model import Certificate, Role
from iotcloud.devices.registration import DELETION_LEASE, Enrolment, RegistrationService
from iotcloud.errors import (
    AlreadyExists,
    DeletionInProgress,
    DependencyFailed,
    DeviceIdTaken,
    DeviceNameTaken,
    DeviceNotRegistered,
    EmptyParameter,
    InvalidInput,
    NotPermitted,
    TooManyDevices,
)
from tests.fakes.devices import (
    BROKER,
    FakeBrokers,
    FakeConnections,
    FakeDeviceData,
    FakeDevices,
    FakeKeys,
    FakeOrigins,
    FakeThings,
    make_device,
)

DEVICEID = "PH80XXRR1123264F"
STEPS = ("create_thing", "sign", "allow", "bind", "activate")


@dataclass
class Registry:
    """A service over fakes, and the fakes."""

    devices: FakeDevices = field(default_factory=FakeDevices)
    things: FakeThings = field(default_factory=FakeThings)
    connections: FakeConnections = field(default_factory=FakeConnections)
    origins: FakeOrigins = field(default_factory=FakeOrigins)
    data: FakeDeviceData = field(default_factory=FakeDeviceData)
    now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.service = RegistrationService(
            self.devices,
            self.things,
            FakeKeys(),
            FakeBrokers(),
            self.connections,
            self.origins,
            (self.data,),
            lambda: self.now,
        )

    def add(self, owner: str = "ann", devicename: str = "Barn unit", deviceid: str = DEVICEID) -> Enrolment:
        """Register a device."""
        return self.service.add_device(owner, devicename, deviceid, "00079")


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_add_device_gives_it_a_certificate_of_its_own(registry: Registry) -> None:
    enrolment = registry.add()

    device = registry.devices.find("ann", "Barn unit")
    assert device.certificate is not None
    certificate_id = device.certificate.certificate_id
    assert registry.things.bound == {certificate_id: DEVICEID}
    assert registry.things.allowed == {certificate_id}
    assert registry.things.statuses == {certificate_id: "ACTIVE"}
    assert enrolment.key_pem == f"key of {DEVICEID}"
    assert enrolment.certificate_pem == f"certificate for request of {DEVICEID}"
    assert enrolment.broker == BROKER
    assert enrolment.device.registered_at == registry.now


def test_add_device_gives_no_key_to_who_has_one(registry: Registry) -> None:
    enrolment = registry.service.add_device(
        "ann", "Barn unit", DEVICEID, "00079", csr_pem="request of a secure element"
    )

    assert enrolment.key_pem is None
    assert enrolment.certificate_pem == "certificate for request of a secure element"


def test_add_device_refuses_an_unreadable_signing_request(registry: Registry) -> None:
    with pytest.raises(InvalidInput):
        registry.service.add_device("ann", "Barn unit", DEVICEID, "00079", csr_pem="nonsense")
    assert registry.devices.rows == {}


def test_add_device_refuses_a_name_already_taken(registry: Registry) -> None:
    registry.add()
    with pytest.raises(DeviceNameTaken):
        registry.add(deviceid="PH80XXRR11232650")
    assert set(registry.devices.rows) == {DEVICEID}
    assert registry.things.things == {DEVICEID}


def test_add_device_registers_only_so_many_of_an_account(registry: Registry) -> None:
    service = replace(registry.service, devices_per_user=2)
    for number in range(2):
        service.add_device("ann", f"unit {number}", f"PH8{number}", "00079")

    with pytest.raises(TooManyDevices) as refused:
        service.add_device("ann", "unit 3", "PH83", "00079")
    service.add_device("bob", "unit 3", "PH83", "00079")

    assert list(map(str, refused.value.detail)) == ["at most 2 devices of an account"]
    assert registry.things.things == {"PH80", "PH81", "PH83"}


def test_devices_that_others_share_do_not_count(registry: Registry) -> None:
    service = replace(registry.service, devices_per_user=2)
    theirs = registry.service.add_device("bob", "Barn", "PH90", "00079").device
    registry.devices.add_name(theirs, "ann", "a barn", Role.VIEWER, "ann@example.com")
    service.add_device("ann", "unit 0", "PH80", "00079")

    assert service.add_device("ann", "unit 1", "PH81", "00079").device.deviceid == "PH81"


def test_add_device_refuses_an_id_of_anyone(registry: Registry) -> None:
    registry.add()
    with pytest.raises(DeviceIdTaken):
        registry.add(owner="bob", devicename="Mine")
    assert registry.devices.find("ann", "Barn unit").owner == "ann"
    assert list(registry.things.bound.values()) == [DEVICEID]
    with pytest.raises(DeviceNotRegistered):
        registry.devices.find("bob", "Mine")


def test_two_users_may_use_the_same_name(registry: Registry) -> None:
    registry.add()
    registry.add(owner="bob", deviceid="PH80XXRR11232650")
    assert registry.devices.find("bob", "Barn unit").deviceid == "PH80XXRR11232650"


@pytest.mark.parametrize(
    "deviceid", ["", "a/b", "a+", "#", "server", "api-1", "claim-1", "x" * 129, "æ", "a b", "a\n", "${x}", "*"]
)
def test_add_device_refuses_an_id_that_no_topic_can_hold(registry: Registry, deviceid: str) -> None:
    with pytest.raises(InvalidInput):
        registry.add(deviceid=deviceid)
    assert registry.things.is_empty()


@pytest.mark.parametrize(
    "devicename", ["", "a/b", "a\n", "\x00", "x" * 65, "  ", "\ud800", "a\u2028b", "..", "a\u202eb"]
)
def test_add_device_refuses_a_name_that_no_path_can_hold(registry: Registry, devicename: str) -> None:
    with pytest.raises(InvalidInput):
        registry.add(devicename=devicename)


def test_an_empty_name_is_told_apart(registry: Registry) -> None:
    with pytest.raises(EmptyParameter):
        registry.add(devicename="")


@pytest.mark.parametrize("fails_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_failure_at_any_step_leaves_nothing_behind(registry: Registry, step: str, fails_after: bool) -> None:
    registry.things.fails_at, registry.things.fails_after = step, fails_after

    with pytest.raises(DependencyFailed):
        registry.add()

    assert registry.things.is_empty()
    assert registry.devices.rows == {}
    assert registry.devices.names == {}
    registry.add()


def test_a_failed_registration_takes_back_nothing_of_another(registry: Registry) -> None:
    registry.add(owner="bob", devicename="Mine")
    registry.things.fails_at = "create_thing"
    with pytest.raises(AlreadyExists):
        registry.add()
    assert registry.devices.find("bob", "Mine").deviceid == DEVICEID


def test_delete_device_leaves_nothing(registry: Registry) -> None:
    registry.add()
    registry.data.kept = {DEVICEID, "another"}

    registry.service.delete_device("ann", "Barn unit")

    assert registry.things.is_empty()
    assert registry.things.statuses == {}
    assert registry.devices.rows == {}
    assert registry.devices.names == {}
    assert registry.connections.disconnected == [DEVICEID]
    assert registry.data.kept == {"another"}


@pytest.mark.parametrize("devicename", ["Roof unit", "", "a/b", "x" * 2000])
def test_delete_device_knows_no_such_name(registry: Registry, devicename: str) -> None:
    registry.add()
    with pytest.raises(DeviceNotRegistered):
        registry.service.delete_device("ann", devicename)


def test_delete_device_of_another_user_finds_nothing(registry: Registry) -> None:
    registry.add()
    with pytest.raises(DeviceNotRegistered):
        registry.service.delete_device("bob", "Barn unit")
    assert registry.devices.find("ann", "Barn unit")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_delete_device_is_for_its_owner(registry: Registry, role: Role) -> None:
    registry.devices.add(make_device(username="bob", role=role))
    with pytest.raises(NotPermitted):
        registry.service.delete_device("bob", "Barn unit")
    assert registry.devices.rows


@pytest.mark.parametrize("part", ["discard", "delete_thing", "disconnect", "erase"])
def test_a_deletion_that_failed_can_be_called_again(registry: Registry, part: str) -> None:
    registry.add()
    registry.data.kept = {DEVICEID}
    registry.things.fails_at = part
    registry.connections.fails = part == "disconnect"
    registry.data.fails = part == "erase"
    with pytest.raises(DependencyFailed):
        registry.service.delete_device("ann", "Barn unit")

    registry.connections.fails = registry.data.fails = False
    registry.service.delete_device("ann", "Barn unit")

    assert registry.things.is_empty()
    assert registry.devices.rows == {}
    assert registry.data.kept == set()


def test_a_deletion_keeps_a_second_one_out_while_it_may_be_running(registry: Registry) -> None:
    device = registry.add().device
    registry.devices.leave(device, registry.now, DELETION_LEASE)
    registry.now += DELETION_LEASE - timedelta(seconds=1)
    with pytest.raises(DeletionInProgress):
        registry.service.delete_device("ann", "Barn unit")

    registry.now += timedelta(seconds=1)
    registry.service.delete_device("ann", "Barn unit")
    assert registry.devices.rows == {}


def test_an_id_is_free_again_after_its_device_has_gone(registry: Registry) -> None:
    first = registry.add()
    registry.service.delete_device("ann", "Barn unit")
    second = registry.add(owner="bob", devicename="Mine")
    assert second.device.registration != first.device.registration


@pytest.fixture
def claimed(registry: Registry) -> Certificate:
    """The certificate that a known device got on a claim."""
    registry.things.create_thing(DEVICEID)
    certificate = registry.things.sign("request of a factory").certificate
    registry.things.allow(certificate.certificate_id)
    registry.things.bind(certificate.certificate_id, DEVICEID)
    registry.origins.serialnumbers[DEVICEID] = "00079"
    registry.origins.certificates[DEVICEID] = certificate
    return certificate


def test_a_device_with_a_certificate_is_adopted_with_it(registry: Registry, claimed: Certificate) -> None:
    enrolment = registry.add()
    assert (enrolment.certificate_pem, enrolment.key_pem, enrolment.broker) == (None, None, BROKER)
    assert enrolment.device.certificate == claimed
    assert registry.things.statuses == {claimed.certificate_id: "ACTIVE"}
    assert registry.origins.adopted == {DEVICEID}
    assert registry.devices.find("ann", "Barn unit").certificate == claimed


def test_a_device_that_was_told_of_is_registered_by_its_serial_number_only(
    registry: Registry, claimed: Certificate
) -> None:
    with pytest.raises(InvalidInput):
        registry.service.add_device("bob", "Mine", DEVICEID, "00080")
    assert registry.devices.rows == {}
    assert registry.things.statuses == {claimed.certificate_id: "INACTIVE"}


@pytest.mark.parametrize("step", ["activate", "adopt"])
def test_an_adoption_that_fails_leaves_the_device_as_it_was(
    registry: Registry, claimed: Certificate, step: str
) -> None:
    registry.things.fails_at, registry.things.fails_after = step, True
    registry.origins.fails = step == "adopt"
    with pytest.raises(DependencyFailed):
        registry.add()
    assert registry.things.statuses == {claimed.certificate_id: "INACTIVE"}
    assert registry.things.bound == {claimed.certificate_id: DEVICEID}
    assert registry.devices.rows == {}
    assert registry.origins.adopted == set()
    registry.origins.fails = False
    registry.add()


def test_a_known_device_without_a_certificate_gets_one(registry: Registry) -> None:
    registry.origins.serialnumbers[DEVICEID] = "00079"
    assert registry.add().key_pem is not None
    assert registry.origins.adopted == {DEVICEID}
