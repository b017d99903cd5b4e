"""What administrators do with users."""

from datetime import timedelta
from functools import cached_property

from iotcloud.administration.service import AdministrationService
from iotcloud.wiring.part import Part


class AdministrationPart(Part):
    """What administrators do with users."""

    @cached_property
    def service(self) -> AdministrationService:
        """Lists, suspends and restores users."""
        from iotcloud.adapters.user_pool import CognitoUsers

        return AdministrationService(
            CognitoUsers(self._wiring.clients.cognito, self._settings.user_pool_id),
            self._wiring.devices.service,
            self._wiring.stores.suspensions,
            timedelta(minutes=self._settings.access_token_minutes),
            self._wiring.clock,
        )
