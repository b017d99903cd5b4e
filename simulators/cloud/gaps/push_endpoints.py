"""The gap: pushes are taken and go nowhere, endpoints have ARNs of another form, and rights to them are asked on `*`.

AWS asks for CreatePlatformApplication on `app/`, without a name, and for SetEndpointAttributes on the application of
the endpoint, as its messages of refused calls say (`is not authorized to perform: SNS:SetEndpointAttributes on
resource: arn:aws:sns:us-east-1:...:app/GCM/...`).

On AWS an endpoint is `endpoint/{platform}/{application}/{id}`, one that is disabled refuses, and a push goes on to
Firebase Cloud Messaging or Apple's service; what these refuse for good disables the endpoint and is told to the
application's topic of failures (Amazon SNS developer guide, "Mobile app events").

Here a push goes to the stand-in of those services while one runs (`make providers`), which leaves its address in the
folder $IOTCLOUD_PROVIDERS; and else straight to the phone, which is what `make outbox` shows. SNS's retries over hours
are three.
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
"""Statuses that say that no push will ever reach a token: FCM's 400 and 404, Apple's 400 and 410."""
Answer = tuple[int, Any, bytes]


def apply() -> None:
    """Give endpoints their ARNs, ask for rights to them, and hand pushes on."""
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
    """Take a push to its service, and tell the application's topic when that is in vain."""
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
    """What the push service answers in the end: its status, 0 for none, and its reason."""
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
    """A push as its service takes it: FCM's HTTP v1, or Apple's."""
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
    """What the phone shows."""
    members = json.loads(body)
    alert = members["fcmV1Message"]["message"]["notification"] if platform == "GCM" else members["aps"]["alert"]
    return f"{alert['title']}: {alert['body']}"
