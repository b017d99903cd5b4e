"""Things and certificates in AWS IoT Core's registry (moto)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber
from cryptography import x509
from moto import mock_aws

from iotcloud.adapters.certificate_requests import DeviceKeys
from iotcloud.adapters.thing_registry import FAILED, IotThings
from iotcloud.devices.registration import Patience, SignedCertificate
from iotcloud.errors import DependencyFailed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
POLICY = "test-device"
DEVICEID = "PH80XXRR1123264F"


@pytest.fixture
def iot(environment: dict[str, str]) -> Iterator[object]:
    with mock_aws():
        client = boto3.client("iot", region_name="eu-west-1")
        client.create_policy(policyName=POLICY, policyDocument='{"Version": "2012-10-17", "Statement": []}')
        yield client


@pytest.fixture
def things(iot) -> IotThings:
    return IotThings(lambda: iot, POLICY, lambda: NOW)


def enrol(things: IotThings) -> SignedCertificate:
    things.create_thing(DEVICEID)
    signed = things.sign(DeviceKeys().make(DEVICEID)[1])
    things.allow(signed.certificate.certificate_id)
    things.bind(signed.certificate.certificate_id, DEVICEID)
    return signed


def test_a_certificate_is_asked_for_inactive_and_then_activated(iot, things: IotThings) -> None:
    asked: list[dict[str, object]] = []
    iot.meta.events.register("provide-client-params.iot.*", lambda params, **_: asked.append(params))
    signed = enrol(things)
    certificate_id = signed.certificate.certificate_id
    assert [params["setAsActive"] for params in asked if "setAsActive" in params] == [False]
    assert not any("newStatus" in params for params in asked)

    things.activate(certificate_id)
    described = iot.describe_certificate(certificateId=certificate_id)["certificateDescription"]
    assert (described["status"], described["certificatePem"]) == ("ACTIVE", signed.pem)


def test_a_certificate_has_the_shared_policy_and_one_thing(iot, things: IotThings) -> None:
    certificate_id = enrol(things).certificate.certificate_id
    arn = iot.describe_certificate(certificateId=certificate_id)["certificateDescription"]["certificateArn"]

    assert [policy["policyName"] for policy in iot.list_attached_policies(target=arn)["policies"]] == [POLICY]
    assert iot.list_principal_things(principal=arn)["things"] == [DEVICEID]


def test_what_is_kept_of_a_certificate_is_read_from_it(things: IotThings) -> None:
    signed = enrol(things)
    assert signed.certificate.issued_at == NOW
    assert signed.certificate.expires_at == x509.load_pem_x509_certificate(signed.pem.encode()).not_valid_after_utc


def test_a_discarded_certificate_and_its_thing_are_gone(iot, environment: dict[str, str]) -> None:
    certificate_id = enrol(IotThings(lambda: iot, POLICY, lambda: NOW)).certificate.certificate_id
    things = IotThings(lambda: iot, POLICY, lambda: NOW)

    things.discard([certificate_id], DEVICEID, Patience())
    things.delete_thing(DEVICEID, Patience())

    assert iot.list_certificates()["certificates"] == []
    assert iot.list_things()["things"] == []
    assert iot.list_targets_for_policy(policyName=POLICY)["targets"] == []


def test_a_discarded_certificate_is_revoked_first(iot, things: IotThings) -> None:
    certificate_id = enrol(things).certificate.certificate_id
    calls: list[tuple[str, object]] = []
    iot.meta.events.register(
        "provide-client-params.iot.*", lambda params, model, **_: calls.append((model.name, params.get("newStatus")))
    )
    things.discard([certificate_id], DEVICEID, Patience())
    assert calls[0] == ("UpdateCertificate", "REVOKED")
    assert calls[-1][0] == "DeleteCertificate"


def test_discarding_twice_changes_nothing(things: IotThings) -> None:
    certificate_id = enrol(things).certificate.certificate_id
    things.discard([certificate_id], DEVICEID, Patience())
    things.discard([certificate_id], DEVICEID, Patience())


def test_a_thing_that_is_there_will_do(things: IotThings) -> None:
    things.create_thing(DEVICEID)
    things.create_thing(DEVICEID)
    things.delete_thing(DEVICEID, Patience())


def test_an_attachment_is_exclusive(iot, things: IotThings) -> None:
    asked: list[dict[str, str]] = []
    iot.meta.events.register("provide-client-params.iot.AttachThingPrincipal", lambda params, **_: asked.append(params))
    enrol(things)
    assert asked[0]["thingPrincipalType"] == "EXCLUSIVE_THING"


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailureException", "UnauthorizedException"])
def test_a_registry_that_fails_is_told_as_such(environment: dict[str, str], code: str) -> None:
    client = boto3.client("iot", region_name="eu-west-1")
    things = IotThings(lambda: client, POLICY, lambda: NOW)
    with Stubber(client) as stub:
        stub.add_client_error("create_thing", code, http_status_code=400)
        stub.add_client_error("describe_certificate", code, http_status_code=400)
        with pytest.raises(DependencyFailed, match=FAILED):
            things.create_thing(DEVICEID)
        with pytest.raises(DependencyFailed, match=FAILED):
            things.discard(["ab" * 32], DEVICEID, Patience())


PAUSES = [0.2, 0.4, 0.8, 1.6, 2.0]
"""Seconds between tries, as long as a call may wait: five in all."""
STILL_ATTACHED = "Cannot delete. Thing PH80 is still attached to one or more principals"


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        ("delete_thing", "InvalidRequestException", STILL_ATTACHED),
        ("delete_thing", "DeleteConflictException", "in use"),
        ("delete_certificate", "DeleteConflictException", "You can't delete it while it is attached"),
    ],
)
@pytest.mark.parametrize("refusals", [1, len(PAUSES)])
def test_what_is_still_being_detached_is_deleted_later(
    environment: dict[str, str], operation: str, code: str, message: str, refusals: int
) -> None:
    client, pauses = boto3.client("iot", region_name="eu-west-1"), list[float]()
    things = IotThings(lambda: client, POLICY, lambda: NOW, pauses.append)
    with Stubber(client) as stub:
        if operation == "delete_certificate":
            arn = "arn:aws:iot:eu-west-1:123456789012:cert/" + "ab" * 32
            stub.add_response("describe_certificate", {"certificateDescription": {"certificateArn": arn}})
            for step in ("update_certificate", "detach_thing_principal", "detach_policy"):
                stub.add_response(step, {})
        for _ in range(refusals):
            stub.add_client_error(operation, code, message, http_status_code=409)
        stub.add_response(operation, {})
        if operation == "delete_certificate":
            things.discard(["ab" * 32], DEVICEID, Patience())
        else:
            things.delete_thing(DEVICEID, Patience())
        stub.assert_no_pending_responses()
    assert pauses == pytest.approx(PAUSES[:refusals])


def test_what_stays_attached_is_a_failure(environment: dict[str, str]) -> None:
    client = boto3.client("iot", region_name="eu-west-1")
    things = IotThings(lambda: client, POLICY, lambda: NOW, lambda _: None)
    with Stubber(client) as stub:
        for _ in range(len(PAUSES) + 1):
            stub.add_client_error("delete_thing", "InvalidRequestException", STILL_ATTACHED, http_status_code=400)
        with pytest.raises(DependencyFailed, match=FAILED):
            things.delete_thing(DEVICEID, Patience())


def test_another_invalid_request_is_not_tried_again(environment: dict[str, str]) -> None:
    client, pauses = boto3.client("iot", region_name="eu-west-1"), list[float]()
    things = IotThings(lambda: client, POLICY, lambda: NOW, pauses.append)
    with Stubber(client) as stub:
        stub.add_client_error("delete_thing", "InvalidRequestException", "thingName is malformed", http_status_code=400)
        with pytest.raises(DependencyFailed, match=FAILED):
            things.delete_thing(DEVICEID, Patience())
    assert pauses == []


def arn(certificate_id: str) -> str:
    return f"arn:aws:iot:eu-west-1:123456789012:cert/{certificate_id}"


def test_certificates_are_all_detached_before_the_first_is_deleted(environment: dict[str, str]) -> None:
    client, pauses = boto3.client("iot", region_name="eu-west-1"), list[float]()
    things = IotThings(lambda: client, POLICY, lambda: NOW, pauses.append)
    ids, patience = ["ab" * 32, "cd" * 32], Patience()
    with Stubber(client) as stub:
        for certificate_id in ids:
            described = {"certificateDescription": {"certificateArn": arn(certificate_id)}}
            stub.add_response("describe_certificate", described)
            for step in ("update_certificate", "detach_thing_principal", "detach_policy"):
                stub.add_response(step, {})
        stub.add_client_error("delete_certificate", "DeleteConflictException", http_status_code=409)
        for _ in ids:
            stub.add_response("delete_certificate", {})
        stub.add_client_error("delete_thing", "InvalidRequestException", STILL_ATTACHED, http_status_code=400)
        stub.add_response("delete_thing", {})
        things.discard(ids, DEVICEID, patience)
        things.delete_thing(DEVICEID, patience)
        stub.assert_no_pending_responses()
    assert pauses == pytest.approx([0.2, 0.2])
    assert patience.seconds == pytest.approx(4.6)


def test_patience_is_shared_by_all_that_a_call_deletes(environment: dict[str, str]) -> None:
    client, pauses = boto3.client("iot", region_name="eu-west-1"), list[float]()
    things = IotThings(lambda: client, POLICY, lambda: NOW, pauses.append)
    patience = Patience()
    with Stubber(client) as stub:
        for _ in range(4):
            stub.add_client_error("delete_thing", "InvalidRequestException", STILL_ATTACHED, http_status_code=400)
        stub.add_response("delete_thing", {})
        things.delete_thing("first", patience)
        for _ in range(5):
            stub.add_client_error("delete_thing", "InvalidRequestException", STILL_ATTACHED, http_status_code=400)
        with pytest.raises(DependencyFailed):
            things.delete_thing("second", patience)
    assert sum(pauses) == pytest.approx(5.0)
    assert patience.seconds == 0


def retire_slowly(client, pauses: list[float], code: str) -> bool:
    """Retire a certificate with two seconds of patience, while its deletion is answered with an error."""
    things = IotThings(lambda: client, POLICY, lambda: NOW, pauses.append)
    with Stubber(client) as stub:
        stub.add_response("describe_certificate", {"certificateDescription": {"certificateArn": arn("ab" * 32)}})
        for step in ("update_certificate", "detach_thing_principal", "detach_policy"):
            stub.add_response(step, {})
        for _ in range(9):
            stub.add_client_error("delete_certificate", code, http_status_code=409)
        return things.retire("ab" * 32, DEVICEID, Patience(2.0))


def test_a_retired_certificate_that_stays_attached_is_left_revoked_and_told_of(
    environment: dict[str, str], logged: Callable[[], str]
) -> None:
    pauses: list[float] = []
    client = boto3.client("iot", region_name="eu-west-1")
    assert not retire_slowly(client, pauses, "DeleteConflictException")

    assert sum(pauses) == pytest.approx(2.0)
    assert "a revoked certificate is left" in logged()
    assert "ab" * 32 in logged()


def test_a_retired_certificate_whose_deletion_fails_otherwise_is_a_failure(environment: dict[str, str]) -> None:
    with pytest.raises(DependencyFailed):
        retire_slowly(boto3.client("iot", region_name="eu-west-1"), [], "UnauthorizedException")


def test_a_certificate_is_bound_by_another_than_had_it_signed(iot, things: IotThings) -> None:
    things.create_thing(DEVICEID)
    certificate_id = things.sign(DeviceKeys().make(DEVICEID)[1]).certificate.certificate_id
    allowing, binding = (IotThings(lambda: iot, POLICY, lambda: NOW) for _ in range(2))

    allowing.allow(certificate_id)
    binding.bind(certificate_id, DEVICEID)

    arn = iot.describe_certificate(certificateId=certificate_id)["certificateDescription"]["certificateArn"]
    assert [policy["policyName"] for policy in iot.list_attached_policies(target=arn)["policies"]] == [POLICY]
    assert iot.list_principal_things(principal=arn)["things"] == [DEVICEID]


def test_a_certificate_is_deactivated_and_one_that_is_gone_is_no_failure(iot, things: IotThings) -> None:
    certificate_id = enrol(things).certificate.certificate_id
    things.activate(certificate_id)

    things.deactivate(certificate_id)
    things.deactivate("ab" * 32)

    assert iot.describe_certificate(certificateId=certificate_id)["certificateDescription"]["status"] == "INACTIVE"
