"""Feedback, and pages about the platform (group 12)."""

from functools import cached_property

from iotcloud.support.model import Page
from iotcloud.support.service import SupportService
from iotcloud.wiring.part import Part


class SupportPart(Part):
    """Feedback, and pages about the platform (group 12)."""

    @cached_property
    def service(self) -> SupportService:
        """Takes feedback, and tells where the pages are."""
        settings = self._settings
        return SupportService(
            self._wiring.stores.feedback,
            self._wiring.users.rate_limiter,
            self._wiring.users.contacts,
            self._wiring.notices.account_mail,
            self._wiring.clock,
            settings.feedback_email,
            {
                Page.FAQS: settings.faqs_url,
                Page.TERMS: settings.terms_url,
                Page.PRIVACY: settings.privacy_url,
                Page.LICENSE: settings.license_url,
            },
        )
