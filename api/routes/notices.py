"""What became of notices (MENOS; group 8, second half), and the limits that their owner sets."""

from api.exports import Export, File
from api.operations import Call, Routes
from api.routes.board import DEVICE
from iotcloud.errors import DeviceNotRegistered, InvalidInput, NoticeNotFound, NotPermitted
from iotcloud.notices.ledger import NoticeFilter
from iotcloud.notices.policies import Allowance
from iotcloud.notices.schema import (
    AskNotices,
    Menos,
    NoticeAnswer,
    NoticeDetail,
    NoticeLimitsAnswer,
    NoticeLinkAnswer,
    NoticesAnswer,
    SetNoticeLimits,
)
from iotcloud.pagination import MAX_EXPORTED, MAX_LIMIT, parse_limit
from iotcloud.wiring import wiring

routes = Routes("Notices")
LIMITS = "/account/menos/limits"
NOTICE = f"{DEVICE}/menos/{{noticeid}}"
NOTICE_ERRORS = (DeviceNotRegistered, InvalidInput, NoticeNotFound, NotPermitted)


@routes.operation(
    "8C",
    "GET MENOS HISTORIES",
    "GET",
    "/devices/menos",
    answer=NoticesAnswer,
    errors=(InvalidInput,),
    query=("limit", "cursor"),
)
def list_notices(call: Call[None]) -> NoticesAnswer:
    """List the newest notices of all devices that the caller owns, newest first, at most 100 at a time."""
    limit = min(parse_limit(call.query), MAX_LIMIT)
    page = wiring().notices.service.list_notices(call.caller.username, NoticeFilter(), limit, call.query.get("cursor"))
    return NoticesAnswer.of(page)


@routes.operation(
    "8D",
    "GET MENOS HISTORIES FILTERED",
    "POST",
    "/devices/menos",
    request=AskNotices,
    answer=NoticesAnswer,
    errors=(InvalidInput,),
)
def find_notices(call: Call[AskNotices]) -> NoticesAnswer:
    """List the newest notices that the filter lets through, newest first, at most 100 at a time.

    A page can be short and still have a cursor, when notices that the filter holds back lie between.
    """
    asked = call.body
    page = wiring().notices.service.list_notices(call.caller.username, asked.to_filter(), asked.limit, asked.cursor)
    return NoticesAnswer.of(page)


@routes.operation(
    "8.9",
    "EXPORT MENOS HISTORIES",
    "GET",
    "/devices/menos/export",
    answer=Menos,
    errors=(InvalidInput,),
    query=("format", "devicename", "type", "source", "datebegin", "dateend", "cursor"),
)
def export_notices(call: Call[None]) -> File:
    """Export the notices that the filter of 8D lets through, newest first, at most 2000 at a time.

    While there are more, the header `X-Cursor` leads to them; files put one after another are the whole.
    """
    export, asked = Export.read("notices", call.query), AskNotices.parse_query(call.query)
    page = wiring().notices.service.list_notices(call.caller.username, asked.to_filter(), MAX_EXPORTED, asked.cursor)
    return export.write(Menos, map(Menos.of, page.items), page.cursor)


@routes.operation("8.1", "GET NOTICE", "GET", NOTICE, answer=NoticeAnswer, errors=NOTICE_ERRORS)
def find_notice(call: Call[None]) -> NoticeAnswer:
    """Show one notice, and every try to hand it to its provider."""
    entry = wiring().notices.service.find_notice(call.caller.username, call.path["devicename"], call.path["noticeid"])
    return NoticeAnswer(notice=NoticeDetail.of(entry))


@routes.operation("8.2", "GET NOTICE LINK", "GET", f"{NOTICE}/link", answer=NoticeLinkAnswer, errors=NOTICE_ERRORS)
def lend_notice(call: Call[None]) -> NoticeLinkAnswer:
    """Make a link to a notice whose channel is storage; it works for five minutes, for whoever has it."""
    url = wiring().notices.service.lend_notice(call.caller.username, call.path["devicename"], call.path["noticeid"])
    return NoticeLinkAnswer(url=url)


@routes.operation("8.3", "GET NOTICE LIMITS", "GET", LIMITS, answer=NoticeLimitsAnswer)
def show_limits(call: Call[None]) -> NoticeLimitsAnswer:
    """Show the limits of the caller's notices, and how many of the month's are used up."""
    return _limits(wiring().notices.limits.show_limits(call.caller.username), call.caller.username)


@routes.operation(
    "8.4",
    "SET NOTICE LIMITS",
    "POST",
    LIMITS,
    request=SetNoticeLimits,
    answer=NoticeLimitsAnswer,
    errors=(InvalidInput,),
)
def set_limits(call: Call[SetNoticeLimits]) -> NoticeLimitsAnswer:
    """Set quiet hours, further addresses that devices may name, and hourly limits below the platform's."""
    return _limits(wiring().notices.limits.set_limits(call.caller.username, call.body.to_model()), call.caller.username)


@routes.operation("8.5", "RESET NOTICE LIMITS", "DELETE", LIMITS, answer=NoticeLimitsAnswer)
def reset_limits(call: Call[None]) -> NoticeLimitsAnswer:
    """Return to the platform's limits, without quiet hours and further addresses."""
    return _limits(wiring().notices.limits.reset_limits(call.caller.username), call.caller.username)


def _limits(allowance: Allowance, username: str) -> NoticeLimitsAnswer:
    return NoticeLimitsAnswer.of(allowance, wiring().stores.payments.find_credits(username).balance)
