"""What is known of a device before it has an owner: its id, its serial number, the certificate that it got for them."""

import csv
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from iotcloud.devices.model import Certificate, checked_deviceid, checked_serialnumber
from iotcloud.errors import AlreadyExists, InvalidInput, Problem

COLUMNS = ["deviceid", "serialnumber"]
RETRY_WITHIN = timedelta(minutes=15)
"""How long a device that got a certificate may ask for another one, as when its connection broke on the way."""


class IdentityNotProven(InvalidInput):
    """The id and the serial number are not those of one known device; which of them is wrong is not said."""

    message = "Device id and serial number do not belong together"


class ClaimUnderWay(AlreadyExists):
    message = "Device is just getting its certificate"


class Admission(StrEnum):
    """Whose devices may be registered."""

    OPEN = "open"
    """Those that we were told of with their serial number, others with any."""
    KNOWN = "known"
    """Those that we were told of, and no others."""


@dataclass(frozen=True)
class KnownDevice:
    """A device that its maker told us of."""

    deviceid: str
    serialnumber: str
    certificate: Certificate | None = None
    """Issued to it on a claim; good for nothing until someone adopts the device."""
    is_adopted: bool = False

    def is_proven_by(self, serialnumber: str) -> bool:
        """Whether the serial number is the device's; takes as long whichever it is."""
        return hmac.compare_digest(self.serialnumber.encode(), serialnumber.encode())

    def may_be_provisioned(self, now: datetime) -> bool:
        """Whether the device may have a certificate on a claim: once, and again at once."""
        return not self.is_adopted and (self.certificate is None or now < self.certificate.issued_at + RETRY_WITHIN)


class UnusableList(ValueError):
    """A list of devices that cannot be imported; the text says what is wrong in which lines."""


def read_list(lines: Iterable[str]) -> list[KnownDevice]:
    """Read a CSV of ids and serial numbers, with these as its header; raise UnusableList when anything is wrong."""
    rows = csv.reader(lines)
    if next(rows, None) != COLUMNS:
        raise UnusableList(f"line 1: not the header {','.join(COLUMNS)}")
    found: dict[str, KnownDevice] = {}
    faults = []
    for number, row in enumerate(rows, 2):
        try:
            device = _read_row(row)
        except InvalidInput as invalid:
            faults.append(f"line {number}: {'; '.join(map(str, invalid.detail))}")
            continue
        if device.deviceid in found:
            faults.append(f"line {number}: deviceid {device.deviceid} is there twice")
        found[device.deviceid] = device
    if faults:
        raise UnusableList("\n".join(faults))
    return list(found.values())


def _read_row(row: list[str]) -> KnownDevice:
    if len(row) != len(COLUMNS):
        raise InvalidInput(detail=[Problem("", f"has {len(row)} columns, not {len(COLUMNS)}")])
    return KnownDevice(checked_deviceid(row[0]), checked_serialnumber(row[1]))


@dataclass(frozen=True)
class RevokedCertificate:
    """A certificate that another one replaced, and that is still to be deleted."""

    certificate_id: str
    deviceid: str
