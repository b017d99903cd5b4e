"""How every boto3 client of ours is set up."""

from botocore.config import Config

CLIENT_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
"""A REST call must be answered long before API Gateway's 29 s; boto3 itself would wait 60 s and try five times."""

LINK_CONFIG = CLIENT_CONFIG.merge(Config(signature_version="s3v4"))
"""A link to an object must be signed by the version that every region takes."""

SEND_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1})
"""For what must not be sent twice: no second try, since the first may have been taken."""
