"""The base of every PynamoDB row: time-outs, and the binding of tables to the deployed names."""

from pynamodb.models import Model


class Row(Model):
    """A row of one of our tables. Each store's row class names its table in `Meta.table_name` without the prefix.

    PynamoDB waits 15 s to connect and 30 s to read by default, longer than a REST call lives; its attempts are
    the first one and two more.
    """

    class Meta:
        connect_timeout_seconds = 1
        read_timeout_seconds = 3
        max_retry_attempts = 2
        max_pool_connections = 10


def bind(row: type[Row], table_prefix: str, region: str) -> None:
    """Point a row class at its deployed table; binding again with the same prefix changes nothing."""
    meta = row.Meta
    base = meta.__dict__.setdefault("_base_table_name", meta.table_name)  # type: ignore[attr-defined]
    meta.table_name = f"{table_prefix}{base}"  # type: ignore[attr-defined]
    meta.region = region  # type: ignore[attr-defined]
