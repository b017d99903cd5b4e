"""Live data as it crosses the wire: access and leases."""

from typing import Annotated, Self

from pydantic import Field

from iotcloud.live.model import MAX_DEVICES, LiveAccess
from iotcloud.live.service import Lease
from iotcloud.schema import Answer, Body, Name, Shape


class LiveAccessShape(Shape):
    """What a client needs to listen by MQTT 3.1.1 over a WebSocket."""

    url: str = Field(description="Where to connect, within a minute.", examples=["wss://a1b2-ats.iot.example/mqtt?..."])
    clientid: str = Field(description="The client id to connect with.", examples=["app.0a1b2c3d.5e6f7a8b9c0d"])
    topic: str = Field(description="The topic filter to subscribe to.", examples=["app.live/0a1b2c3d/#"])
    expires_at: int = Field(
        description="When to connect anew with another URL, at the latest, epoch seconds.", examples=[1795503600]
    )


class LiveAnswer(Answer):
    """A way to the caller's own live data."""

    live: LiveAccessShape = Field(description="How to listen.")

    @classmethod
    def of(cls, access: LiveAccess) -> Self:
        """Show an access."""
        return cls(
            live=LiveAccessShape(
                url=access.url,
                clientid=access.clientid,
                topic=access.topic_filter,
                expires_at=int(access.expires_at.timestamp()),
            )
        )


class WatchBody(Body):
    """The devices that are on the caller's screen."""

    devices: Annotated[list[Name], Field(min_length=1, max_length=MAX_DEVICES)] = Field(
        description="The caller's own names of devices.", examples=[["Barn unit"]]
    )


class WatchAnswer(Answer):
    """What is published to the caller from now on."""

    until: int = Field(description="When the lease ends unless it is renewed, epoch seconds.", examples=[1795500600])
    devices: list[str] = Field(
        description="The devices that the lease is about; those that the caller has not, and those with eight watchers "
        "already, are missing.",
        examples=[["Barn unit"]],
    )

    @classmethod
    def of(cls, lease: Lease) -> Self:
        """Show a lease."""
        return cls(until=int(lease.until.timestamp()), devices=list(lease.devicenames))
