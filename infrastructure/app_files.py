"""Brings the built app to the bucket of a stack, with the cache rules of each file."""

import argparse
import mimetypes
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from infrastructure import deployer

BUILT = Path(__file__).parents[1] / "webapp" / "dist"
HASHED = "assets/"
"""Files whose names change with their content."""
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
OLD_FILES_STAY = timedelta(days=30)
"""A page that is open through a deployment may still ask for files of the build before."""
TYPES = {".webmanifest": "application/manifest+json", ".woff2": "font/woff2", ".js": "text/javascript"}


def is_built(folder: Path = BUILT) -> bool:
    """Return whether there is an app to upload."""
    return (folder / "index.html").is_file()


def upload(s3: Any, bucket: str, folder: Path = BUILT, now: datetime | None = None) -> list[str]:
    """Upload hashed files, then what leads to them; remove old ones. Return the paths that caches must drop."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    in_order = sorted(names, key=lambda name: not name.startswith(HASHED))
    for name in in_order:
        s3.put_object(
            Bucket=bucket,
            Key=name,
            Body=names[name].read_bytes(),
            ContentType=_content_type(names[name]),
            CacheControl=FOREVER if name.startswith(HASHED) else ASK_AGAIN,
        )
    for old in list(_left_over(s3, bucket, set(names), (now or datetime.now(UTC)) - OLD_FILES_STAY)):
        s3.delete_object(Bucket=bucket, Key=old)
    return [f"/{name}" for name in in_order if not name.startswith(HASHED)]


def _left_over(s3: Any, bucket: str, names: set[str], before: datetime) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", ()):
            if found["Key"] not in names and found["LastModified"] < before:
                yield found["Key"]


def _content_type(path: Path) -> str:
    return TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def main() -> int:
    """Upload the app to the deployed stack and have CloudFront drop the copies of what leads to it."""
    parser = argparse.ArgumentParser(prog="python -m infrastructure.app_files", description=__doc__)
    deployer.add_options(parser)
    asked = deployer.read_deployer(deployer.parse(parser))
    try:
        session = asked.session()
        stack = session.client("cloudformation").describe_stacks(StackName=asked.stack_name)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
        changed = upload(session.client("s3"), outputs["AppBucketName"])
        session.client("cloudfront").create_invalidation(
            DistributionId=outputs["SiteId"],
            InvalidationBatch={
                "Paths": {"Quantity": len(changed), "Items": changed},
                "CallerReference": str(uuid4()),
            },
        )
    except (BotoCoreError, ClientError) as failed:
        print(f"the app was not uploaded: {failed}", file=sys.stderr)
        return 1
    print(f"the app: https://{outputs['SiteDomain']}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
