"""The gap: the event of a function lacks the address of the called REST API.

Amazon API Gateway sends domain name and scheme (developer guide, "Input format of a Lambda function for proxy
integration": `requestContext.domainName`, the header `X-Forwarded-Proto`). Here the address also has a path.
"""

from typing import Any

from ministack.services import apigateway_v1

PREFIX = "_aws/execute-api"


def apply() -> None:
    """Add the address that the caller used to the event."""
    build = apigateway_v1._build_lambda_event_v1

    def build_with_address(*arguments: Any, **options: Any) -> Any:
        event = build(*arguments, **options)
        context, headers = event["requestContext"], event["headers"]
        host = next((value for name, value in headers.items() if name.lower() == "host"), "")
        context["domainName"] = f"{host}/{PREFIX}/{context['apiId']}"
        headers["X-Forwarded-Proto"] = "http"
        return event

    apigateway_v1._build_lambda_event_v1 = build_with_address
