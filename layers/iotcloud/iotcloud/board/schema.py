"""Request bodies, responses and device reports of the board (contract 6.1)."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StrictInt, ValidationError, field_validator

from iotcloud.board.model import SENSOR_RATES, SETTABLE_STATUSES, STATUSES
from iotcloud.errors import CommunicationFailed, EmptyParameter, Problem
from iotcloud.schema import Answer, Body, Shape, numbered


class Report(Shape):
    """The `value` of a device's reply. Unknown members are passed on, since newer firmware may send some."""

    model_config = ConfigDict(extra="allow")

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Self:
        """Validate a device's reply; raise CommunicationFailed when it does not fit the request."""
        try:
            return cls.model_validate(value)
        except ValidationError as invalid:
            raise CommunicationFailed from invalid


class StatusReport(Report):
    """State and firmware of a device."""

    status: StrictInt = Field(description=f"{STATUSES}.", examples=[1])
    version: str | None = Field(default=None, description="The version of its firmware.", examples=["0.1"])


class SettingsReport(Report):
    """A device's settings."""

    sensorrate: StrictInt = Field(description="Seconds between two publications of the sensors", examples=[5])


class SetStatus(Body):
    """The state that a device shall go to."""

    status: Annotated[StrictInt, numbered(SETTABLE_STATUSES, examples=[2])]

    @field_validator("status", mode="before")
    @classmethod
    def _refuse_nothing(cls, status: object) -> object:
        if status is None or status == "":
            raise EmptyParameter(detail=[Problem("status", "is empty")])
        return status


class SetSettings(Body):
    """The settings to change."""

    sensorrate: StrictInt = Field(
        ge=SENSOR_RATES.start,
        lt=SENSOR_RATES.stop,
        description="Seconds between two publications of the sensors",
        examples=[10],
    )


class StatusAnswer(Answer):
    """The device's state."""

    value: StatusReport = Field(description="What the device says.")


class SettingsAnswer(Answer):
    """The device's settings."""

    value: SettingsReport = Field(description="What the device says.")
