"""Feedback, and pages about the platform (group 12)."""

from api.exports import File
from api.operations import Authentication, Call, Routes
from iotcloud.errors import DocumentUnavailable, EmptyParameter, InvalidInput, MissingParameter
from iotcloud.schema import Answer
from iotcloud.support.model import Page
from iotcloud.support.schema import AboutAnswer, AboutUrls, FaqsAnswer, FaqsUrl, HtmlPage, SendFeedback
from iotcloud.support.service import read_page
from iotcloud.wiring import wiring

routes = Routes("Support")
PAGES = "/others/pages"
HTML = "text/html"


@routes.operation(
    "12A",
    "SEND FEEDBACK",
    "POST",
    "/others/feedback",
    request=SendFeedback,
    answer=Answer,
    errors=(EmptyParameter, InvalidInput, MissingParameter),
)
def send_feedback(call: Call[SendFeedback]) -> Answer:
    """Store the caller's feedback and mail it to the operator; at most ten times a day."""
    given = call.body
    wiring().support.service.send_feedback(
        call.caller.username, given.feedback, given.rating, may_contact=given.contactme
    )
    return Answer()


@routes.operation("12B", "GET FAQS", "GET", "/others/faqs", answer=FaqsAnswer)
def get_faqs(call: Call[None]) -> FaqsAnswer:
    """Return the address of the frequently asked questions."""
    return FaqsAnswer(url=FaqsUrl(faqs=_address(call, Page.FAQS)))


@routes.operation("12C", "GET ABOUT", "GET", "/others/about", answer=AboutAnswer)
def get_about(call: Call[None]) -> AboutAnswer:
    """Return the addresses of terms of use, privacy statement and licence."""
    terms, privacy, licence = (_address(call, page) for page in (Page.TERMS, Page.PRIVACY, Page.LICENSE))
    return AboutAnswer(url=AboutUrls(terms=terms, privacy=privacy, license=licence))


@routes.operation(
    "12.1",
    "GET PAGE",
    "GET",
    f"{PAGES}/{{page}}",
    answer=HtmlPage,
    errors=(DocumentUnavailable,),
    authentication=Authentication.NONE,
    media_type=HTML,
)
def get_page(call: Call[None]) -> File:
    """Return a page about the platform, unless the operator configured another address."""
    return File("", f"{HTML}; charset=utf-8", read_page(Page(call.path["page"])))


def _address(call: Call[None], page: Page) -> str:
    return wiring().support.service.find_address(page, f"{call.base_url}{PAGES}")
