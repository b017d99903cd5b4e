"""Jobs in their queues."""

from datetime import UTC, datetime

import pytest

from iotcloud.histories.personal_data import MessagesOfDevice
from iotcloud.jobs import (
    read_erasure,
    read_export,
    read_verified_number,
    write_certificate,
    write_erasure,
    write_export,
    write_messages,
    write_phone,
)
from iotcloud.notices.verified_numbers import VerifiedNumber
from iotcloud.provisioning.model import RevokedCertificate
from iotcloud.users.account_deletion import Erasure
from iotcloud.users.exports import Export

AT = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)


def test_an_erasure_comes_back_as_it_was_written() -> None:
    assert read_erasure(write_erasure(Erasure("ada", AT, 3))) == Erasure("ada", AT, 3)


def test_the_erasure_of_a_devices_messages_comes_back_as_it_was_written() -> None:
    messages = MessagesOfDevice("PH80", "r1")

    assert read_erasure(write_messages(messages)) == messages


def test_the_deletion_of_a_certificate_comes_back_as_it_was_written() -> None:
    certificate = RevokedCertificate("ab" * 32, "PH80")

    assert read_erasure(write_certificate(certificate)) == certificate


def test_an_export_comes_back_as_it_was_written() -> None:
    assert read_export(write_export(Export("ada", "id", AT))) == Export("ada", "id", AT)


def test_a_phone_comes_back_as_it_was_written() -> None:
    assert read_verified_number(write_phone(VerifiedNumber("ada", "+6500000000"))) == VerifiedNumber(
        "ada", "+6500000000"
    )


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"username": "ada"}', '{"username": "ada", "closed_at": "soon"}'])
def test_what_is_no_order_raises_so_that_it_ends_in_the_dead_letter_queue(body: str) -> None:
    for read in (read_erasure, read_export, read_verified_number):
        with pytest.raises((ValueError, KeyError, TypeError)):
            read(body)
