"""What devices and server said to each other (group 8, first half)."""

from api.exports import Export, File
from api.operations import Call, Routes
from iotcloud.errors import InvalidInput
from iotcloud.histories.model import HistoryFilter
from iotcloud.histories.schema import AskHistories, HistoriesAnswer, History
from iotcloud.pagination import MAX_EXPORTED, MAX_LIMIT, parse_limit
from iotcloud.wiring import wiring

routes = Routes("Histories")


@routes.operation(
    "8A",
    "GET HISTORIES",
    "GET",
    "/devices/histories",
    answer=HistoriesAnswer,
    errors=(InvalidInput,),
    query=("limit", "cursor"),
)
def list_histories(call: Call[None]) -> HistoriesAnswer:
    """List the newest messages from and to all devices of the caller, newest first, at most 100 at a time.

    Readings are among them for callers of up to ten devices; with more devices, ask for one device's (8B).
    """
    limit = min(parse_limit(call.query), MAX_LIMIT)
    page = wiring().histories.service.list_histories(
        call.caller.username, HistoryFilter(), limit, call.query.get("cursor")
    )
    return HistoriesAnswer.of(page)


@routes.operation(
    "8B",
    "GET HISTORIES FILTERED",
    "POST",
    "/devices/histories",
    request=AskHistories,
    answer=HistoriesAnswer,
    errors=(InvalidInput,),
)
def find_histories(call: Call[AskHistories]) -> HistoriesAnswer:
    """List the newest messages that the filter lets through, newest first, at most 100 at a time.

    A page can be short and still have a cursor, when messages that the filter holds back lie between.
    """
    asked = call.body
    page = wiring().histories.service.list_histories(call.caller.username, asked.to_filter(), asked.limit, asked.cursor)
    return HistoriesAnswer.of(page)


@routes.operation(
    "8.8",
    "EXPORT HISTORIES",
    "GET",
    "/devices/histories/export",
    answer=History,
    errors=(InvalidInput,),
    query=("format", "devicename", "direction", "topic", "datebegin", "dateend", "cursor"),
)
def export_histories(call: Call[None]) -> File:
    """Export the messages that the filter of 8B lets through, newest first, at most 2000 at a time.

    Readings are among them as they are in 8A. While there are more, the header `X-Cursor` leads to them; files put one
    after another are the whole.
    """
    export, asked = Export.read("histories", call.query), AskHistories.parse_query(call.query)
    page = wiring().histories.service.list_histories(
        call.caller.username, asked.to_filter(), MAX_EXPORTED, asked.cursor
    )
    return export.write(History, map(History.of, page.items), page.cursor)
