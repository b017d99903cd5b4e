"""Messages between devices and server (group 8, first half)."""

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

    The list includes readings if the caller has up to ten devices. With more, use 8B for one device.
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
    """List the messages that match the filter, newest first, at most 100 at a time.

    A page can be short and still have a cursor, because the filter applies after reading.
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
    """Export the messages that match the filter of 8B, newest first, at most 2000 at a time.

    Readings are included as in 8A. While there are more, the header `X-Cursor` has the next cursor. Concatenated files
    are the complete export.
    """
    export, asked = Export.read("histories", call.query), AskHistories.parse_query(call.query)
    page = wiring().histories.service.list_histories(
        call.caller.username, asked.to_filter(), MAX_EXPORTED, asked.cursor
    )
    return export.write(History, map(History.of, page.items), page.cursor)
