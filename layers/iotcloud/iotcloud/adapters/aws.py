"""How every boto3 client of ours is set up."""

from botocore.config import Config

CLIENT_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
"""A REST call must be answered long before API Gateway's 29 s; boto3 itself would wait 60 s and try five times."""

LINKS = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
"""A link is signed by the version that every Region takes, and names the Region's own host. By default botocore names
the global host. That one answers for no Region launched after 2019-03-20, and redirects for a new bucket (boto3, issues
2187 and 2989)."""

LINK_CONFIG = CLIENT_CONFIG.merge(LINKS)

SEND_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1})
"""Without retries, for requests that are not idempotent: the first attempt may have succeeded."""
