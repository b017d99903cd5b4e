"""The gap: a connection may have any number of subscriptions.

AWS IoT Core ends a connection that requests more than 50 (AWS General Reference, "AWS IoT Core endpoints and quotas").
"""

from ministack.services import iot

MAX_SUBSCRIPTIONS = 50


def apply() -> None:
    """Close the connection instead of subscribing beyond the quota."""
    dispatch = iot._WSSession._dispatch_packet

    async def dispatch_within_quota(session: iot._WSSession, kind: int, flags: int, body: bytes) -> bool:
        if kind == iot.PKT_SUBSCRIBE:
            filters = {*session._sub_filters.values(), *asked(session, body)}
            if len(filters) > MAX_SUBSCRIPTIONS:
                return False
        answered: bool = await dispatch(session, kind, flags, body)
        return answered

    iot._WSSession._dispatch_packet = dispatch_within_quota


def asked(session: iot._WSSession, body: bytes) -> list[str]:
    """Return the topic filters of a SUBSCRIBE."""
    filters, offset = [], 2
    if session.protocol_version == iot.MQTT_5:
        _, offset = iot._decode_properties(body, offset)
    while offset < len(body):
        topic_filter, offset = iot._read_string(body, offset)
        filters.append(topic_filter)
        offset += 1  # the options
    return filters
