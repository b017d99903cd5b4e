"""The ledger of notices (MENOS; group 8, second half), and the limits that an owner sets."""

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
    """List the notices that match the filter, newest first, at most 100 at a time.

    A page can be short and still have a cursor, because the filter applies after reading.
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
    """Export the notices that match the filter of 8D, newest first, at most 2000 at a time.

    While there are more, the header `X-Cursor` has the next cursor. Concatenated files are the complete export.
    """
    export, asked = Export.read("notices", call.query), AskNotices.parse_query(call.query)
    page = wiring().notices.service.list_notices(call.caller.username, asked.to_filter(), MAX_EXPORTED, asked.cursor)
    return export.write(Menos, map(Menos.of, page.items), page.cursor)


@routes.operation(
    "8.1",
    "GET NOTICE",
    "GET",
    NOTICE,
    answer=NoticeAnswer,
    errors=NOTICE_ERRORS,
    call_name="get_notice",
)
def find_notice(call: Call[None]) -> NoticeAnswer:
    """Get one notice, with every attempt to send it."""
    entry = wiring().notices.service.find_notice(call.caller.username, call.path["devicename"], call.path["noticeid"])
    return NoticeAnswer(notice=NoticeDetail.of(entry))


@routes.operation(
    "8.2",
    "GET NOTICE LINK",
    "GET",
    f"{NOTICE}/link",
    answer=NoticeLinkAnswer,
    errors=NOTICE_ERRORS,
    call_name="get_notice_link",
)
def lend_notice(call: Call[None]) -> NoticeLinkAnswer:
    """Create a link to a notice of the channel storage. It works for five minutes, for everyone who has it."""
    url = wiring().notices.service.lend_notice(call.caller.username, call.path["devicename"], call.path["noticeid"])
    return NoticeLinkAnswer(url=url)


@routes.operation(
    "8.3",
    "GET NOTICE LIMITS",
    "GET",
    LIMITS,
    answer=NoticeLimitsAnswer,
    call_name="get_notice_limits",
)
def show_limits(call: Call[None]) -> NoticeLimitsAnswer:
    """Get the limits of the caller's notices, and this month's usage."""
    return _limits(wiring().notices.limits.show_limits(call.caller.username), call.caller.username)


@routes.operation(
    "8.4",
    "SET NOTICE LIMITS",
    "POST",
    LIMITS,
    request=SetNoticeLimits,
    answer=NoticeLimitsAnswer,
    errors=(InvalidInput,),
    call_name="set_notice_limits",
)
def set_limits(call: Call[SetNoticeLimits]) -> NoticeLimitsAnswer:
    """Set quiet hours, additional recipients that devices may name, and hourly limits below the platform's."""
    return _limits(wiring().notices.limits.set_limits(call.caller.username, call.body.to_model()), call.caller.username)


@routes.operation(
    "8.5",
    "RESET NOTICE LIMITS",
    "DELETE",
    LIMITS,
    answer=NoticeLimitsAnswer,
    call_name="reset_notice_limits",
)
def reset_limits(call: Call[None]) -> NoticeLimitsAnswer:
    """Reset to the platform's limits, without quiet hours and additional recipients."""
    return _limits(wiring().notices.limits.reset_limits(call.caller.username), call.caller.username)


def _limits(allowance: Allowance, username: str) -> NoticeLimitsAnswer:
    return NoticeLimitsAnswer.of(allowance, wiring().stores.payments.find_credits(username).balance)
