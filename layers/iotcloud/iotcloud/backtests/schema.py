"""Backtests as they cross the wire."""

from typing import Literal, Self

from pydantic import ConfigDict, Field

from iotcloud.backtests.service import BacktestResult
from iotcloud.pagination import Page
from iotcloud.peripherals.model import Sensor
from iotcloud.schema import Answer, Shape

MAX_TRIGGERS = 100
"""Maximum triggers per page of a backtest."""


class BacktestNotice(Shape):
    """A notice of the backtest to one recipient, or the reason for refusing it."""

    type: str = Field(description="The channel", examples=["Email"])
    recipient: str = Field(description="Empty for push and storage", examples=["user@example.com"])
    message: str | None = Field(default=None, description="Absent when it would have been refused", examples=["Hot"])
    reason: str | None = Field(default=None, description="Why it would have been refused")


class BacktestTrigger(Shape):
    """One transition of a threshold, one repeat, or the start or end of inactivity."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    timestamp: int = Field(description="Epoch seconds", examples=[1583200000])
    activate: Literal[0, 1] = Field(description="1 when the sensor became active, 0 when it ceased to be.")
    kind: Literal["threshold", "silence"] = Field(description="What was crossed.")
    sensor_class: str = Field(alias="class", description="The sensor's class or its second one", examples=["humidity"])
    value: float | None = Field(default=None, description="The reading; absent of silence", examples=[36.2])
    condition: str = Field(examples=["temperature 36.2 > 35 (activation)"], description="What the notices say of it.")
    notices: list[BacktestNotice] = Field(description="To whom what would have gone.")

    @classmethod
    def of(cls, sensor: Sensor, backtested: BacktestResult) -> Self:
        """Show a trigger."""
        told = backtested.told
        return cls(
            timestamp=int(told.event.reading.at.timestamp()),
            activate=1 if told.event.is_activation else 0,
            kind="silence" if told.is_inactivity else "threshold",
            sensor_class=(sensor.subclass or "") if told.is_subclass else sensor.sensor_class,
            value=None if told.is_inactivity else told.event.reading.value,
            condition=told.condition,
            notices=[
                BacktestNotice(
                    type=draft.recipient.channel.value.title(),
                    recipient=draft.recipient.address,
                    message=None if draft.refusal else draft.text,
                    reason=draft.refusal or None,
                )
                for draft in backtested.drafts
            ],
        )


class BacktestAnswer(Answer):
    """Alerts that a setting would have raised over stored readings, oldest first."""

    triggers: list[BacktestTrigger] = Field(description="Oldest first.")
    cursor: str | None = Field(default=None, description="Leads to the triggers after these; absent at the end")

    @classmethod
    def of(cls, sensor: Sensor, page: Page[BacktestResult]) -> Self:
        """Show a page of triggers."""
        return cls(triggers=[BacktestTrigger.of(sensor, one) for one in page.items], cursor=page.cursor)
