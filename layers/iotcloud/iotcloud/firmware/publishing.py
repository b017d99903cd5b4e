"""Publishing and withdrawing firmware: what an administrator's command does (contract 10, 11C)."""

import zlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from iotcloud.errors import DependencyFailed
from iotcloud.firmware.interfaces import ChangeableCatalogue, Images, Signer
from iotcloud.firmware.model import (
    Catalogue,
    Release,
    checked_description,
    checked_image,
    checked_model,
    make_location,
)
from iotcloud.firmware.versions import Version

ATTEMPTS = 5
"""How often the catalogue is written when others write it at the same time."""


@dataclass(frozen=True)
class PublishingService:
    """Adds releases to the catalogue, and withdraws them.

    The catalogue is one object, written on the condition that nobody else wrote it meanwhile. It names an image only
    once that is uploaded, so that readers see a release whole or not at all, wherever a publication is cut short.
    """

    catalogue: ChangeableCatalogue
    images: Images
    signer: Signer
    clock: Callable[[], datetime]

    def publish(
        self,
        image: bytes,
        model: str,
        version: str,
        *,
        name: str = "firmware",
        minimum: str = "",
        description: Sequence[str] = (),
    ) -> Release:
        """Sign an image, upload it and list it; raise InvalidInput, VersionPublished or CatalogueFull."""
        digest = sha256(checked_image(image)).hexdigest()
        release = Release(
            model=checked_model(model),
            version=str(Version(version)),
            published_at=self.clock(),
            location=make_location(model, name, version, digest),
            size=len(image),
            checksum=zlib.crc32(image),
            sha256=digest,
            description=checked_description(description),
            minimum=str(Version(minimum)) if minimum else "",
            key=self.signer.key,
        )
        self.catalogue.read().with_release(release)  # refused before anything is uploaded
        release = replace(release, signature=b64encode(self.signer.sign(release.manifest)).decode())
        self.images.put(release.location, image)
        self._change(lambda catalogue: catalogue.with_release(release))
        return release

    def withdraw(self, model: str, version: str) -> Release:
        """Take a release out of what is offered, then delete its image; raise FirmwareNotFound.

        A device that is fetching it finds it gone and reports a failure.
        """
        release = self.catalogue.read().find(model, version)
        self._change(lambda catalogue: catalogue.without(release))
        self.images.delete(release.location)
        return release

    def _change(self, change: Callable[[Catalogue], Catalogue]) -> None:
        for _ in range(ATTEMPTS):
            catalogue, mark = self.catalogue.read_for_change()
            if self.catalogue.replace(change(catalogue), mark):
                return
        raise DependencyFailed("The catalogue is written by others all the time")
