"""The gap: the emulator imports neither gateway responses nor responses of mock integrations from an OpenAPI document.

Amazon API Gateway imports both. Without them, responses to unknown paths would differ from AWS, and browsers would get
no preflight response.
"""

import json
from collections.abc import Mapping
from typing import Any

from ministack.services import apigateway_v1

Json = Mapping[str, Any]
EMPTY = b"{}"


def apply() -> None:
    """Import the whole document, and return no body for a mock without a template."""
    import_api, import_operation = apigateway_v1._import_rest_api, apigateway_v1._import_operation
    answer_mock = apigateway_v1._invoke_mock_v1

    def import_api_and_gateway_responses(spec: Json, *arguments: Any) -> str:
        api_id: str = import_api(spec, *arguments)
        for response_type, response in spec.get("x-amazon-apigateway-gateway-responses", {}).items():
            accept(apigateway_v1._put_gateway_response(api_id, response_type, response))
        return api_id

    def import_operation_and_answers(api_id: str, resource_id: str, method: str, operation: Json, *rest: Any) -> None:
        import_operation(api_id, resource_id, method, operation, *rest)
        integration = operation.get("x-amazon-apigateway-integration", {})
        if "responses" not in integration:
            return
        stored = apigateway_v1._resources[api_id][resource_id]["resourceMethods"][method]["methodIntegration"]
        stored["requestTemplates"] = dict(integration.get("requestTemplates", {}))
        # In OpenAPI the default response has the pattern `default`, in the API of API Gateway an empty one.
        for pattern, response in integration["responses"].items():
            selection = {"selectionPattern": "" if pattern == "default" else pattern}
            status = str(response["statusCode"])
            accept(
                apigateway_v1._put_integration_response(api_id, resource_id, method, status, {**response, **selection})
            )

    def answer_mock_without_a_body(integration: Json) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = answer_mock(integration)
        has_template = any(
            response.get("responseTemplates") for response in integration["integrationResponses"].values()
        )
        return status, headers, body if has_template or body != EMPTY else b""

    apigateway_v1._import_rest_api = import_api_and_gateway_responses
    apigateway_v1._import_operation = import_operation_and_answers
    apigateway_v1._invoke_mock_v1 = answer_mock_without_a_body


def accept(answer: tuple[int, Any, bytes]) -> None:
    """Raise ValueError, which fails the deployment, for a rejected part of the document."""
    status, _, body = answer
    if status >= 400:
        raise ValueError(json.loads(body))
