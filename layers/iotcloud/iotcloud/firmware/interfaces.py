"""What the services of this feature need from others, as Protocols; wiring fills them."""

from typing import Protocol

from iotcloud.firmware.model import Catalogue


class Catalogues(Protocol):
    """The catalogue and the images behind it."""

    def read(self) -> Catalogue:
        """Return the catalogue, an empty one before the first release; raise DocumentUnavailable."""
        ...


class Images(Protocol):
    """The images of releases, by location."""

    def put(self, location: str, image: bytes) -> None: ...

    def delete(self, location: str) -> None:
        """Delete an image; nothing to do when it is not there."""
        ...


class ChangeableCatalogue(Catalogues, Protocol):
    """The catalogue as publishers need it."""

    def read_for_change(self) -> tuple[Catalogue, str]:
        """Return the catalogue and the mark of its state."""
        ...

    def replace(self, catalogue: Catalogue, mark: str) -> bool:
        """Write a catalogue in place of the one with that mark; False when another was written meanwhile."""
        ...


class Signer(Protocol):
    """The private key, which nobody sees."""

    @property
    def key(self) -> str:
        """The key's short name: see Release.key."""
        ...

    def sign(self, manifest: bytes) -> bytes:
        """Return the ECDSA signature (P-256, SHA-256, DER) of a manifest; raise DependencyFailed."""
        ...
