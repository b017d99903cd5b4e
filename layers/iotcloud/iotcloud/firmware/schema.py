"""How firmware crosses the wire: the catalogue as it is kept and as it is answered (contract 11C)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from iotcloud.errors import DocumentUnavailable, InvalidInput
from iotcloud.firmware.model import MAX_IMAGE_BYTES, MAX_RELEASES, MODEL_PATTERN, Catalogue, Release
from iotcloud.firmware.updates import RESULTS, Update
from iotcloud.firmware.versions import MAX_VERSION, Version
from iotcloud.schema import Answer, Body, Shape

Model = Annotated[str, StringConstraints(pattern=f"^{MODEL_PATTERN}$")]
Location = Annotated[str, StringConstraints(pattern=rf"^{MODEL_PATTERN}/[A-Za-z0-9][A-Za-z0-9._-]{{0,95}}$")]


class KeptRelease(Shape):
    """A release as the catalogue's object holds it."""

    model_config = ConfigDict(extra="forbid")

    model: Model
    version: str
    published_at: datetime
    location: Location
    size: int = Field(ge=1, le=MAX_IMAGE_BYTES)
    checksum: int = Field(ge=0, lt=2**32)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    description: tuple[str, ...] = ()
    minimum: str = ""
    key: str = ""
    signature: str = ""
    is_withdrawn: bool = False


class KeptCatalogue(Shape):
    """The object in the bucket."""

    format: Literal[1] = 1
    releases: tuple[KeptRelease, ...] = Field(default=(), max_length=MAX_RELEASES)

    @classmethod
    def read(cls, text: bytes) -> Catalogue:
        """Read the object; raise DocumentUnavailable when it is not a catalogue."""
        try:
            kept = cls.model_validate_json(text)
            versions = {(one.model, Version(one.version)) for one in kept.releases}
            for one in kept.releases:
                Version(one.minimum or "0")
        except (ValidationError, InvalidInput) as broken:
            raise DocumentUnavailable from broken
        if len(versions) != len(kept.releases):
            raise DocumentUnavailable
        return Catalogue(tuple(Release(**dict(one)) for one in kept.releases))

    @classmethod
    def write(cls, catalogue: Catalogue) -> bytes:
        """Write a catalogue as the object."""
        releases = tuple(KeptRelease(**vars(one)) for one in catalogue.releases)
        return cls(releases=releases).model_dump_json(indent=1).encode()


class OfferedRelease(Shape):
    """A version that a device can be updated to."""

    version: str = Field(description="Its version.", examples=["0.2"])
    date: str = Field(description="When it was published (UTC)", examples=["2020/03/01"])
    location: str = Field(description="Path of the image under `/firmware/`", examples=["ft900/modem_0.2_1f2e3d4c.bin"])
    size: int = Field(description="Bytes of the image", examples=[180224])
    checksum: int = Field(description="CRC-32 of the image, unsigned", examples=[305419896])
    description: list[str] = Field(description="What is new in it, a line each.", examples=[["New: ...", "Fixed: ..."]])
    sha256: str = Field(description="SHA-256 of the image, hex", examples=["5e" * 32])
    minimum: str = Field(description="The oldest version that may be updated to it; empty: any", examples=[""])
    key: str = Field(description="Which key signed the manifest", examples=["0123456789abcdef"])
    signature: str = Field(description="Signature of the manifest (ECDSA P-256, DER, base64)", examples=["MEUCIQ..."])

    @classmethod
    def from_model(cls, release: Release) -> Self:
        """Offer a release."""
        return cls(
            version=release.version,
            date=f"{release.published_at:%Y/%m/%d}",
            location=release.location,
            size=release.size,
            checksum=release.checksum,
            description=list(release.description),
            sha256=release.sha256,
            minimum=release.minimum,
            key=release.key,
            signature=release.signature,
        )


class OfferedModel(Shape):
    """The firmware of one model, newest first."""

    latest: str = Field(description="The newest version.", examples=["0.2"])
    firmware: list[OfferedRelease] = Field(description="Newest first.")


class FirmwareUpdatesAnswer(Answer):
    """The catalogue of firmware, by model."""

    document: Mapping[str, OfferedModel] = Field(description="Firmware by model.")

    @classmethod
    def from_model(cls, catalogue: Catalogue) -> Self:
        """Answer with what is offered."""
        return cls(
            document={
                model: OfferedModel(
                    latest=catalogue.latest(model).version,
                    firmware=[OfferedRelease.from_model(one) for one in catalogue.offered(model)],
                )
                for model in catalogue.models
            }
        )


class StartUpdate(Body):
    """Which version a device shall get."""

    version: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_VERSION,
        description="The latest of the device's model when it is left out",
        examples=["0.2"],
    )


class UpdateAnswer(Answer):
    """How a device's newest update goes."""

    result: Literal["ongoing", "successful", "failed"] = Field(
        description="`ongoing` also while it waits for a device that is away, and when there was never one"
    )
    state: Literal["none", "pending", "ongoing", "succeeded", "failed"] = Field(
        description="The same in more detail", examples=["ongoing"]
    )
    version: str | None = Field(default=None, description="To which version", examples=["0.2"])
    reason: str | None = Field(default=None, description="Why it failed, if that is known", examples=["signature"])

    @classmethod
    def from_model(cls, update: Update | None) -> Self:
        """Answer with an update."""
        if update is None:
            return cls(result="ongoing", state="none")
        return cls.model_validate(
            {
                "result": RESULTS[update.state],
                "state": update.state.value,
                "version": update.version,
                "reason": update.reason or None,
            }
        )
