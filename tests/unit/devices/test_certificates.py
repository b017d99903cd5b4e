"""The life of a certificate: renewal, revocation, and notices before its end."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.devices.certificates import RUN_TAKES_AT_MOST, CertificateService
from iotcloud.devices.model import Certificate, RegisteredDevice, Role, next_duty_at, notice_days
from iotcloud.devices.registration import RegistrationService
from iotcloud.devices.service import DeviceService
from iotcloud.errors import DependencyFailed, DeviceNotRegistered, InvalidInput, NotPermitted, RenewalUnderWay
from tests.fakes.devices import (
    EXPIRES_AT,
    FakeBrokers,
    FakeConnections,
    FakeDevices,
    FakeKeys,
    FakeOrigins,
    FakeRights,
    FakeThings,
    make_device,
)
from tests.fakes.peripherals import FakeSensors

DEVICEID = "PH80XXRR1123264F"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GRACE = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass
class FakeExpiryNotices:
    """Records the announced certificates."""

    announced: list[tuple[str, str, int]] = field(default_factory=list)
    fails_for: str = ""

    def announce_expiry(self, device: RegisteredDevice, certificate: Certificate, days: int) -> None:
        """See ExpiryNotices."""
        if device.deviceid == self.fails_for:
            raise DependencyFailed
        self.announced.append((device.deviceid, certificate.certificate_id, days))


@dataclass
class Fleet:
    """The service over fakes, with one registered device."""

    devices: FakeDevices = field(default_factory=FakeDevices)
    things: FakeThings = field(default_factory=FakeThings)
    connections: FakeConnections = field(default_factory=FakeConnections)
    notices: FakeExpiryNotices = field(default_factory=FakeExpiryNotices)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.service = CertificateService(
            DeviceService(self.devices, FakeSensors(), FakeRights()),
            self.devices,
            self.things,
            FakeKeys(),
            FakeBrokers(),
            self.connections,
            self.notices,
            lambda: self.now,
            GRACE,
        )
        self.registration = RegistrationService(
            self.devices, self.things, FakeKeys(), FakeBrokers(), self.connections, FakeOrigins(), (), lambda: self.now
        )
        self.registration.add_device("ann", "Barn unit", DEVICEID, "00079")

    @property
    def device(self) -> RegisteredDevice:
        """The device as it is now."""
        return self.devices.rows[DEVICEID]

    @property
    def active(self) -> set[str]:
        """The ids of the certificates that can connect."""
        return {certificate_id for certificate_id, status in self.things.statuses.items() if status == "ACTIVE"}


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


def test_renew_certificate_gives_a_second_one_beside_the_first(fleet: Fleet) -> None:
    enrolment = fleet.service.renew_certificate("ann", "Barn unit")

    first, second = fleet.device.certificates
    assert fleet.active == {first.certificate_id, second.certificate_id}
    assert fleet.things.bound == dict.fromkeys(fleet.active, DEVICEID)
    assert enrolment.key_pem == f"key of {DEVICEID}"
    assert enrolment.certificate_pem is not None


def test_renew_certificate_takes_a_signing_request(fleet: Fleet) -> None:
    enrolment = fleet.service.renew_certificate("ann", "Barn unit", "request of a secure element")
    assert (enrolment.key_pem, enrolment.certificate_pem) == (None, "certificate for request of a secure element")
    with pytest.raises(InvalidInput):
        fleet.service.renew_certificate("ann", "Barn unit", "nonsense")


def test_the_first_is_revoked_once_the_second_was_used(fleet: Fleet) -> None:
    fleet.service.renew_certificate("ann", "Barn unit")
    first, second = fleet.device.certificates

    fleet.service.note_use(fleet.device, first.certificate_id)
    assert fleet.device.certificates == (first, second)
    fleet.service.note_use(fleet.device, second.certificate_id)
    assert fleet.device.certificates == (second,)
    assert fleet.active == {second.certificate_id}
    assert fleet.connections.disconnected == []


def test_the_first_is_revoked_when_grace_is_over(fleet: Fleet) -> None:
    fleet.service.renew_certificate("ann", "Barn unit")
    first, second = fleet.device.certificates

    fleet.now += GRACE - timedelta(seconds=1)
    assert fleet.service.attend().devices == 0
    assert fleet.active == {first.certificate_id, second.certificate_id}
    fleet.now += timedelta(seconds=1)
    attended = fleet.service.attend()
    assert (attended.devices, list(attended.failed)) == (1, [])
    assert fleet.active == {second.certificate_id}
    assert fleet.device.certificates == (second,)
    assert fleet.connections.disconnected == [DEVICEID]


def test_a_use_whose_recording_was_cut_short_is_recorded_when_it_comes_again(fleet: Fleet) -> None:
    fleet.service.renew_certificate("ann", "Barn unit")
    before = fleet.device
    assert before.successor is not None
    fleet.things.fails_at = "discard"
    with pytest.raises(DependencyFailed):
        fleet.service.note_use(before, before.successor.certificate_id)
    fleet.service.note_use(before, before.successor.certificate_id)
    fleet.service.note_use(before, before.successor.certificate_id)
    assert fleet.device.certificates == (before.successor,)


def test_a_successor_that_was_never_used_is_replaced(fleet: Fleet) -> None:
    fleet.service.renew_certificate("ann", "Barn unit")
    first, second = fleet.device.certificates
    fleet.service.renew_certificate("ann", "Barn unit")
    assert fleet.device.certificates[0] == first
    assert second not in fleet.device.certificates
    assert len(fleet.active) == 2


def test_a_second_renewal_at_the_same_time_leaves_nothing(fleet: Fleet) -> None:
    stale = fleet.devices.find("ann", "Barn unit")
    fleet.service.renew_certificate("ann", "Barn unit")
    kept = fleet.device.certificates
    fleet.devices.find = lambda username, devicename: stale  # type: ignore[method-assign]
    with pytest.raises(RenewalUnderWay):
        fleet.service.renew_certificate("ann", "Barn unit")
    assert fleet.device.certificates == kept
    assert len(fleet.active) == 2


@pytest.mark.parametrize("fails_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["sign", "allow", "bind", "activate"])
def test_a_renewal_that_fails_leaves_the_first_as_it_was(fleet: Fleet, step: str, fails_after: bool) -> None:
    before, active = fleet.device, fleet.active
    fleet.things.fails_at, fleet.things.fails_after = step, fails_after
    with pytest.raises(DependencyFailed):
        fleet.service.renew_certificate("ann", "Barn unit")
    assert fleet.device == before
    assert fleet.active == active


def test_revoke_certificates_ends_all_and_the_connection(fleet: Fleet) -> None:
    fleet.service.renew_certificate("ann", "Barn unit")
    fleet.service.revoke_certificates("ann", "Barn unit")
    assert fleet.active == set()
    assert fleet.device.certificates == ()
    assert fleet.connections.disconnected == [DEVICEID]


def test_a_device_without_certificate_gets_one_that_counts_at_once(fleet: Fleet) -> None:
    fleet.service.revoke_certificates("ann", "Barn unit")
    fleet.service.renew_certificate("ann", "Barn unit")
    assert fleet.device.certificate is not None
    assert fleet.device.successor is None
    assert fleet.active == {fleet.device.certificate.certificate_id}


def test_a_revocation_that_was_cut_short_can_be_made_again(fleet: Fleet) -> None:
    fleet.connections.fails = True
    with pytest.raises(DependencyFailed):
        fleet.service.revoke_certificates("ann", "Barn unit")
    fleet.connections.fails = False
    fleet.service.revoke_certificates("ann", "Barn unit")
    assert fleet.connections.disconnected == [DEVICEID]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_certificates_are_their_owners_matter(fleet: Fleet, role: Role) -> None:
    fleet.devices._name(make_device("Ann's", username="bob", role=role, registration=fleet.device.registration))
    with pytest.raises(NotPermitted):
        fleet.service.renew_certificate("bob", "Ann's")
    with pytest.raises(NotPermitted):
        fleet.service.revoke_certificates("bob", "Ann's")
    with pytest.raises(DeviceNotRegistered):
        fleet.service.renew_certificate("cid", "Barn unit")
    assert len(fleet.active) == 1


def test_owners_are_told_30_7_and_1_days_ahead(fleet: Fleet) -> None:
    assert fleet.device.certificate is not None
    certificate_id = fleet.device.certificate.certificate_id
    fleet.now = EXPIRES_AT - 40 * DAY
    while fleet.now < EXPIRES_AT + 2 * DAY:
        fleet.service.attend()
        fleet.now += timedelta(hours=1)
    assert fleet.notices.announced == [(DEVICEID, certificate_id, days) for days in (30, 7, 1)]
    assert fleet.devices.due == {}


def test_a_notice_that_could_not_be_sent_stays_due_and_keeps_no_other_back(fleet: Fleet) -> None:
    fleet.registration.add_device("bob", "Mine", "another", "1")
    fleet.notices.fails_for = DEVICEID
    fleet.now = EXPIRES_AT - 5 * DAY
    attended = fleet.service.attend()
    assert (attended.devices, list(attended.failed)) == (2, [DEVICEID])
    assert [announced[0] for announced in fleet.notices.announced] == ["another"]

    fleet.notices.fails_for = ""
    assert fleet.service.attend().failed == []
    assert {announced[0] for announced in fleet.notices.announced} == {"another", DEVICEID}


CERTIFICATE = Certificate("ab" * 32, NOW, EXPIRES_AT)


@pytest.mark.parametrize(
    ("before", "days"),
    [(31, None), (30, 30), (29.9, 30), (7.1, 30), (7, 7), (1.5, 7), (1, 1), (0.01, 1), (0, None), (-3, None)],
)
def test_notice_days_tells_the_latest_mark_that_was_passed(before: float, days: int | None) -> None:
    assert notice_days(CERTIFICATE, EXPIRES_AT - before * DAY) == days


@pytest.mark.parametrize(
    ("before", "ahead"), [(100, 30), (30.1, 30), (30, 7), (7, 1), (1.1, 1), (1, None), (0, None), (-1, None)]
)
def test_next_duty_is_the_next_mark(before: float, ahead: int | None) -> None:
    due_at = next_duty_at(CERTIFICATE, None, GRACE, EXPIRES_AT - before * DAY)
    assert due_at == (None if ahead is None else EXPIRES_AT - ahead * DAY)


def test_the_end_of_grace_is_a_duty_even_when_it_has_passed() -> None:
    assert next_duty_at(CERTIFICATE, CERTIFICATE, GRACE, NOW + 100 * DAY) == NOW + GRACE
    assert next_duty_at(None, None, GRACE, NOW) is None


def test_a_run_begins_with_no_further_device_when_its_time_is_over(fleet: Fleet) -> None:
    for number in range(4):
        fleet.registration.add_device("ann", f"Unit {number}", f"PH{number}", "00079")
    fleet.now = EXPIRES_AT - 7 * DAY
    announce = fleet.notices.announce_expiry

    def announce_slowly(*told: object) -> None:
        fleet.now += RUN_TAKES_AT_MOST / 2
        announce(*told)  # type: ignore[arg-type]

    fleet.notices.announce_expiry = announce_slowly  # type: ignore[method-assign]

    assert [fleet.service.attend().devices for _ in range(4)] == [2, 2, 1, 0]
    assert len({deviceid for deviceid, _, _ in fleet.notices.announced}) == 5
