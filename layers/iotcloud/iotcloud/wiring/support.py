"""Feedback, and pages about the platform (group 12)."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.notices import Notices

if TYPE_CHECKING:
    from iotcloud.support.service import SupportService
    from iotcloud.users.store import FeedbackStore


class Support(Notices):
    """Feedback, and pages about the platform (group 12)."""

    @cached_property
    def feedback_store(self) -> "FeedbackStore":
        """Keeps feedback."""
        from iotcloud.users.store import FeedbackStore

        self._bind_users()
        return FeedbackStore()

    @cached_property
    def support(self) -> "SupportService":
        """Takes feedback, and tells where the pages are."""
        from iotcloud.support.model import Page
        from iotcloud.support.service import SupportService

        settings = self.settings
        return SupportService(
            self.feedback_store,
            self.attempts,
            self.contacts,
            self.account_mail,
            self.clock,
            settings.feedback_email,
            {
                Page.FAQS: settings.faqs_url,
                Page.TERMS: settings.terms_url,
                Page.PRIVACY: settings.privacy_url,
                Page.LICENSE: settings.license_url,
            },
        )
