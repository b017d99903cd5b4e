"""Registers and removes a fleet's devices through the REST API, several at a time."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from simulators.devices.fleet.identities import Identity


class RegistrationFailed(Exception):
    """A device could not be registered; the message has the reason."""


class Api(Protocol):
    """The REST API, signed in."""

    def call(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Call, and return the HTTP status and the decoded response; thread-safe."""


@dataclass(frozen=True)
class Registrar:
    """Registers and removes devices of one account."""

    api: Api
    workers: int = 4

    def register_devices(self, identities: Iterable[Identity]) -> Iterator[Identity]:
        """Register each device, and yield it when it has its certificate; raise RegistrationFailed if one fails."""
        yield from self._each(self._register, identities)

    def remove_devices(self, identities: Iterable[Identity]) -> Iterator[Identity]:
        """Remove each device with its files, and yield it when it is gone."""
        yield from self._each(self._remove, identities)

    def _each(self, act: Callable[[Identity], Identity], identities: Iterable[Identity]) -> Iterator[Identity]:
        with ThreadPoolExecutor(self.workers) as pool:
            yield from pool.map(act, identities)

    def _register(self, identity: Identity) -> Identity:
        status, answer = self._enrol(identity)
        if status == 409:
            # Registered earlier, but its certificate is not stored here. Only its owner can remove it.
            self._remove_from_account(identity)
            status, answer = self._enrol(identity)
        if status != 200:
            raise RegistrationFailed(f"{identity.deviceid}: {status} {answer.get('message')}")
        identity.certificate.write_text(answer["device"]["cert"])
        return identity

    def _enrol(self, identity: Identity) -> tuple[int, dict[str, Any]]:
        body = {
            "deviceid": identity.deviceid,
            "serialnumber": identity.serialnumber,
            "csr": identity.signing_request(),
        }
        return self.api.call("POST", _path(identity), body)

    def _remove(self, identity: Identity) -> Identity:
        self._remove_from_account(identity)
        identity.forget()
        return identity

    def _remove_from_account(self, identity: Identity) -> None:
        status, answer = self.api.call("DELETE", _path(identity))
        if status not in (200, 404):
            raise RegistrationFailed(f"{identity.deviceid}: {status} {answer.get('message')}")


def _path(identity: Identity) -> str:
    return f"/devices/device/{quote(identity.devicename, safe='')}"
