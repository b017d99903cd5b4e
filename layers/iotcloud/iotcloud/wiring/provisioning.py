"""Devices that ask to be admitted."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.part import Part

if TYPE_CHECKING:
    from iotcloud.provisioning.service import AdoptionService, CertificateCleanup, ClaimService


class ProvisioningPart(Part):
    """Devices that ask to be admitted."""

    @cached_property
    def adoptions(self) -> "AdoptionService":
        """Says which devices an account may register."""
        from iotcloud.provisioning.model import Admission
        from iotcloud.provisioning.service import AdoptionService

        return AdoptionService(
            self._wiring.stores.known_devices,
            self._wiring.users.rate_limiter,
            Admission(self._settings.device_admission),
        )

    @cached_property
    def certificate_cleanup(self) -> "CertificateCleanup":
        """Deletes certificates that claims left."""
        from iotcloud.provisioning.service import CertificateCleanup

        return CertificateCleanup(self._wiring.clients.things)

    @cached_property
    def claims(self) -> "ClaimService":
        """Decides on devices' claims."""
        from iotcloud.adapters.certificate_requests import read_expiry
        from iotcloud.provisioning.service import ClaimService

        return ClaimService(
            self._wiring.stores.known_devices,
            self._wiring.clients.things,
            self._wiring.clients.erasures,
            self._wiring.users.rate_limiter,
            read_expiry,
            self._wiring.clock,
        )
