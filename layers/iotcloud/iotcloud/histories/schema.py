"""Request and response bodies of histories (contract section 7)."""

from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import Field, StrictInt

from iotcloud.histories.model import HistoryFilter
from iotcloud.histories.service import HistoryEntry
from iotcloud.pagination import MAX_LIMIT, Page
from iotcloud.schema import Answer, Body, Shape
from iotcloud.topics import Direction

LAST_SECOND = 9_999_999_999
"""The largest instant of ten digits of seconds (year 2286)."""


class AskHistories(Body):
    """Which messages to list; a member that is absent, empty or 0 asks for all."""

    devicename: str | None = Field(default=None, examples=["Barn unit"], description="Of this device alone.")
    direction: Literal["", "From", "To"] | None = Field(
        default=None, description="From the device or to it", examples=["From"]
    )
    topic: str | None = Field(default=None, description="The topic without its device", examples=["get_status"])
    datebegin: StrictInt | None = Field(default=None, ge=0, le=LAST_SECOND, description="Epoch seconds, inclusive")
    dateend: StrictInt | None = Field(
        default=None, ge=0, le=LAST_SECOND, description="Epoch seconds, inclusive; only together with `datebegin`"
    )
    limit: StrictInt = Field(default=MAX_LIMIT, ge=1, le=MAX_LIMIT, description="How many at most")
    cursor: str | None = Field(default=None, description="Where to go on, from the answer before")

    def to_filter(self) -> HistoryFilter:
        """Return what is asked for."""
        return HistoryFilter(
            devicename=self.devicename or None,
            direction=Direction(self.direction) if self.direction else None,
            topic=self.topic or None,
            begins_at=_instant(self.datebegin),
            ends_at=_instant(self.dateend) if self.datebegin else None,
        )


class History(Shape):
    """One message from or to a device."""

    devicename: str = Field(examples=["Barn unit"], description="The caller's own name for the device.")
    deviceid: str = Field(examples=["PH80XXRR03042017"], description="The device's id.")
    direction: Direction = Field(description="From the device or to it.")
    topic: str = Field(description="The topic without its device", examples=["get_status"])
    payload: str = Field(description="The payload as it was sent", examples=['{"value": {"status": 1}}'])
    encoding: Literal["base64"] | None = Field(
        default=None, description="How `payload` is written when it is not text; absent when it is"
    )
    timestamp: int = Field(description="When the server saw it, in epoch seconds", examples=[1583200000])

    @classmethod
    def of(cls, entry: HistoryEntry) -> Self:
        """Show a kept message."""
        message = entry.message
        return cls(
            devicename=entry.devicename,
            deviceid=message.deviceid,
            direction=message.lane.direction,
            topic=message.topic,
            payload=message.payload,
            encoding="base64" if message.is_base64 else None,
            timestamp=int(message.received_at.timestamp()),
        )


class HistoriesAnswer(Answer):
    """Messages, newest first."""

    transactions: list[History] = Field(description="Newest first.")
    cursor: str | None = Field(
        default=None, description="Leads to the messages before these; absent when there are none"
    )

    @classmethod
    def of(cls, page: Page[HistoryEntry]) -> Self:
        """Show a page."""
        return cls(transactions=[History.of(entry) for entry in page.items], cursor=page.cursor)


def _instant(epoch_seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(epoch_seconds, UTC) if epoch_seconds else None
