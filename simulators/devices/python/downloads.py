"""Downloads firmware files by HTTPS, like a device."""

import http.client
import ssl
from pathlib import Path
from urllib.parse import quote, urlsplit

TIMEOUT_SECONDS = 10


class DownloadFailed(Exception):
    """The download failed; the message has the reason."""


def fetch(base_url: str, location: str, ca: Path | None = None) -> tuple[int | None, bytes]:
    """Download `base_url` + `location`; return its Content-Length, if the server sent one, and the bytes. Blocks.

    `ca` is a PEM file to trust instead of the system's authorities.
    """
    url = urlsplit(f"{base_url.rstrip('/')}/{quote(location)}")
    connection: http.client.HTTPConnection
    if url.scheme == "https":
        context = ssl.create_default_context(cafile=ca)
        connection = http.client.HTTPSConnection(url.netloc, timeout=TIMEOUT_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(url.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", url.path, headers={"Connection": "keep-alive"})
        response = connection.getresponse()
        if response.status != http.client.OK:
            raise DownloadFailed(f"GET {url.geturl()}: {response.status} {response.reason}")
        length = response.getheader("Content-Length")
        return None if length is None else int(length), response.read()
    except (OSError, http.client.HTTPException) as failed:
        raise DownloadFailed(f"GET {url.geturl()}: {failed}") from failed
    finally:
        connection.close()
