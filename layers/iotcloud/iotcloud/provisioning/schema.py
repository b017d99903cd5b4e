"""What of claims crosses the wire."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AliasPath, Field, StringConstraints, ValidationError

from iotcloud.devices.model import DEVICEID_PATTERN, MAX_DEVICEID, MAX_SERIALNUMBER
from iotcloud.schema import Shape


class Claim(Shape):
    """What AWS IoT asks about a device that wants a certificate; the device sent its id and serial number."""

    deviceid: Annotated[str, StringConstraints(max_length=MAX_DEVICEID, pattern=DEVICEID_PATTERN)] = Field(
        validation_alias=AliasPath("parameters", "DeviceId")
    )
    serialnumber: Annotated[str, StringConstraints(min_length=1, max_length=MAX_SERIALNUMBER)] = Field(
        validation_alias=AliasPath("parameters", "SerialNumber")
    )
    certificate_id: str = Field(validation_alias="certificateId")
    certificate_pem: str = Field(validation_alias="certificatePem")

    @classmethod
    def read(cls, event: Mapping[str, Any]) -> Self | None:
        """Read the event of a pre-provisioning hook; None when the device did not say who it is."""
        try:
            return cls.model_validate(event)
        except ValidationError:
            return None
