"""The gap: pushes are accepted and dropped, endpoints have other ARNs, and rights to them are checked on `*`.

AWS checks CreatePlatformApplication on `app/`, without a name, and SetEndpointAttributes on the application of
the endpoint, as its messages of denied calls show (`is not authorized to perform: SNS:SetEndpointAttributes on
resource: arn:aws:sns:us-east-1:...:app/GCM/...`).

On AWS an endpoint is `endpoint/{platform}/{application}/{id}`, and a disabled one rejects messages. A push goes to
Firebase Cloud Messaging or Apple's service. A permanent failure there disables the endpoint and is published to the
application's topic of failures (Amazon SNS developer guide, "Mobile app events").

Here a push goes to the stand-in of those services if one runs (`make providers`); its address is in the folder
$IOTCLOUD_PROVIDERS. Otherwise it goes directly to the phone, and `make outbox` shows it. SNS retries for hours, this
module three times.
"""

import contextvars
import json
import os
import ssl
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import sns

TRIES = 3
PAUSE_SECONDS = 0.5
ANSWER_SECONDS = 5.0
TOKEN_IS_BAD = frozenset({400, 404, 410})
"""Statuses of a permanently invalid token: FCM's 400 and 404, Apple's 400 and 410."""
Answer = tuple[int, Any, bytes]


def apply() -> None:
    """Create the endpoints' ARNs, check the rights to them, and forward pushes."""
    make_endpoint, publish, resource_of = sns._create_platform_endpoint, sns._publish, iam_actions.extract_resource_arn

    def make_endpoint_as_aws(params: Any) -> Answer:
        status, headers, body = make_endpoint(params)
        for made in [one for one in sns._platform_endpoints if ":app/" in one]:
            endpoint = sns._platform_endpoints.pop(made)
            endpoint["arn"] = made.replace(":app/", ":endpoint/")
            sns._platform_endpoints[endpoint["arn"]] = endpoint
            body = body.replace(made.encode(), endpoint["arn"].encode())
        return status, headers, body

    def publish_on(params: Any) -> Answer:
        endpoint = sns._platform_endpoints.get(sns._p(params, "TargetArn"))
        if endpoint is None:
            return publish(params)
        if endpoint["attributes"].get("Enabled", "true").lower() != "true":
            return sns._error("EndpointDisabled", "Endpoint is disabled", 400)
        message_id = new_uuid()
        text = sns._p(params, "Message")
        body = json.loads(text) if sns._p(params, "MessageStructure") == "json" else {"default": text}
        inside = contextvars.copy_context()
        threading.Thread(target=inside.run, args=(_deliver, endpoint, body, message_id), daemon=True).start()
        inner = f"<PublishResult><MessageId>{message_id}</MessageId></PublishResult>"
        return sns._xml(200, "PublishResponse", inner)

    def resource_of_sns(
        service: str, method: str, path: str, headers: Any, body: bytes, params: Any, *rest: Any
    ) -> Any:
        named = _resource(params) if service == "sns" else None
        return named or resource_of(service, method, path, headers, body, params, *rest)

    sns._create_platform_endpoint = make_endpoint_as_aws
    sns._publish = publish_on
    iam_actions.extract_resource_arn = resource_of_sns


def _resource(params: Any) -> str | None:
    if application := sns._p(params, "PlatformApplicationArn"):
        return str(application)
    if endpoint := sns._p(params, "EndpointArn"):
        if sns._p(params, "Action") == "SetEndpointAttributes":
            return str(endpoint).replace(":endpoint/", ":app/").rpartition("/")[0]
        return str(endpoint)
    if sns._p(params, "Platform"):
        return f"arn:aws:sns:{get_region()}:{get_account_id()}:app/"
    return None


def _deliver(endpoint: dict[str, Any], bodies: dict[str, str], message_id: str) -> None:
    """Send a push to its service, and publish a failure to the application's topic."""
    _, platform, name = endpoint["application_arn"].split(":")[-1].split("/")
    body = bodies.get(platform, bodies["default"])
    token = endpoint["attributes"]["Token"]
    status, reason = _taken(platform, name, token, body)
    if status == 200:
        sns._sms_log_for(f"{platform}:{token}").append(
            {
                "PhoneNumber": f"{platform}:{token}",
                "MessageId": message_id,
                "Message": _shown(platform, body),
                "Kind": "push",
            }
        )
        return
    if status in TOKEN_IS_BAD:
        endpoint["attributes"]["Enabled"] = "false"
    application = sns._platform_applications.get(endpoint["application_arn"]) or {"attributes": {}}
    if topic := application["attributes"].get("EventDeliveryFailure"):
        failure = {
            "DeliveryAttempts": 1,
            "EndpointArn": endpoint["arn"],
            "EventType": "DeliveryFailure",
            "FailureMessage": reason,
            "FailureType": "InvalidPlatformToken" if status in TOKEN_IS_BAD else "ServiceUnavailable",
            "MessageId": message_id,
            "Resource": endpoint["application_arn"],
            "Service": "SNS",
            "Time": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        }
        sns.publish_internal(topic, json.dumps(failure))


def _taken(platform: str, name: str, token: str, body: str) -> tuple[int, str]:
    """The push service's final response: its status, 0 for none, and its reason."""
    folder = Path(os.environ["IOTCLOUD_PROVIDERS"])
    try:
        url = (folder / "url").read_text()
    except OSError:
        return 200, ""
    request = _request(url, platform, name, token, body)
    trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(folder / "authority.pem")))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), trust)
    status, reason = 0, "no answer"
    for _ in range(TRIES):
        try:
            with opener.open(request, timeout=ANSWER_SECONDS) as answer:
                return int(answer.status), ""
        except urllib.error.HTTPError as refused:
            status, reason = refused.code, refused.read().decode()
        except OSError as broken:
            status, reason = 0, type(broken).__name__
        if status in TOKEN_IS_BAD:
            break
        time.sleep(PAUSE_SECONDS)
    return status, reason


def _request(url: str, platform: str, name: str, token: str, body: str) -> urllib.request.Request:
    """A push in its service's format: FCM's HTTP v1, or Apple's."""
    if platform == "GCM":
        path = f"/v1/projects/{name}/messages:send"
        body = json.dumps({"message": {**json.loads(body)["fcmV1Message"]["message"], "token": token}})
        headers = {"Authorization": "Bearer local"}
    else:
        path = f"/3/device/{token}"
        headers = {"apns-topic": name, "apns-push-type": "alert"}
    headers["Content-Type"] = "application/json"
    return urllib.request.Request(url + path, body.encode(), headers)  # noqa: S310 the stand-in's own address


def _shown(platform: str, body: str) -> str:
    """The text that the phone shows."""
    members = json.loads(body)
    alert = members["fcmV1Message"]["message"]["notification"] if platform == "GCM" else members["aps"]["alert"]
    return f"{alert['title']}: {alert['body']}"
