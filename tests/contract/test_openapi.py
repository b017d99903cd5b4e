"""openapi.yaml and gateway.json equal the generators' output, and API Gateway can import the latter."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from api import enumerations, gateway
from api.app import operations
from api.openapi import FILE, document, operation_id, text
from api.operations import PATH_PARAMETERS, Authentication, Operation
from iotcloud.peripherals.model import PERIPHERALS, SENSOR_CLASSES
from iotcloud.peripherals.property_schema import CLASS_PROPERTIES
from tests.contract.deployment import gateway_api, rest_api

METHODS = {"get", "post", "delete"}
FILE_TYPES = {"text/csv", "application/x-ndjson"}
MAX_OCTETS = 400_000
"""CloudFormation includes no file above 450 KB (aws-cloudformation/cloudformation-coverage-roadmap, issue 1752)."""
GATEWAY_MEMBERS = {
    "operationId",
    "parameters",
    "responses",
    "x-amazon-apigateway-auth",
    "x-amazon-apigateway-integration",
}
"""The required parts of a method that the gateway only passes on."""
GATEWAY_TYPES = {
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
}
"""All kinds of answer that API Gateway gives by itself (its developer guide, "Gateway response types")."""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return rest_api()


@pytest.fixture(scope="module")
def defined() -> dict[str, Any]:
    return gateway_api()


def described_operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if method in METHODS and path != "/":
                yield path, method.upper(), operation


def in_path(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}


def test_the_file_is_what_the_generator_makes_of_the_routes() -> None:
    assert FILE.read_text(encoding="utf-8") == text(document(operations())), "run `make openapi`"
    defined = gateway.text(gateway.document(operations()))
    assert gateway.FILE.read_text(encoding="utf-8") == defined, "run `make openapi`"


def test_the_generator_does_not_depend_on_the_order_of_the_routes() -> None:
    assert text(document(reversed(operations()))) == text(document(operations()))
    assert gateway.text(gateway.document(reversed(operations()))) == gateway.text(gateway.document(operations()))


def test_both_files_have_the_same_operations(described: dict[str, Any], defined: dict[str, Any]) -> None:
    def found(document: dict[str, Any]) -> dict[tuple[str, str], tuple[str, set[str]]]:
        return {
            (path, method): (operation["operationId"], in_path(operation))
            for path, method, operation in described_operations(document)
        }

    assert found(described) == found(defined)
    assert set(defined["paths"]) - set(described["paths"]) == {"/"}
    assert all(set(methods) <= METHODS for methods in described["paths"].values())


def test_the_gateway_is_told_nothing_that_it_does_not_use(defined: dict[str, Any]) -> None:
    assert set(defined) == {"openapi", "info", "paths", "x-amazon-apigateway-gateway-responses"}
    for path, _, operation in described_operations(defined):
        assert set(operation) <= GATEWAY_MEMBERS
        assert in_path(operation) == set(re.findall(r"{(\w+)}", path))


def test_the_description_holds_nothing_of_the_gateway() -> None:
    assert "x-amazon" not in FILE.read_text(encoding="utf-8")


def test_every_route_is_described_and_nothing_else(described: dict[str, Any]) -> None:
    found = {(path, method): operation["operationId"] for path, method, operation in described_operations(described)}

    assert found == {(operation.path, operation.method): operation_id(operation) for operation in operations()}
    assert len(set(found.values())) == len(found)


def test_every_operation_has_what_a_reader_needs(described: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in described["tags"]}
    for path, _, operation in described_operations(described):
        assert set(operation["tags"]) <= tags
        assert operation["summary"]
        assert operation["description"]
        assert in_path(operation) == set(re.findall(r"{(\w+)}", path))
        assert "200" in operation["responses"]
        assert "500" in operation["responses"]
        for response in operation["responses"].values():
            if set(response["content"]) >= FILE_TYPES or "text/html" in response["content"]:
                continue
            content = response["content"]["application/json"]
            assert content["example"]["status"] == ("OK" if response is operation["responses"]["200"] else "NG")


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.id)
def test_examples_are_what_they_are_examples_of(described: dict[str, Any], operation: Operation) -> None:
    shown = described["paths"][operation.path][operation.method.lower()]
    if operation.request is not None:
        (content,) = shown["requestBody"]["content"].values()
        operation.request.parse(content["example"])
    answered = shown["responses"]["200"]["content"]
    if operation.media_type:
        operation.answer.model_validate(answered[operation.media_type]["example"])
    elif operation.is_file:
        assert set(answered) == FILE_TYPES
        operation.answer.model_validate_json(answered["application/x-ndjson"]["example"])
        assert answered["text/csv"]["example"].startswith(",".join(operation.answer.model_fields))
    else:
        operation.answer.model_validate(answered["application/json"]["example"])
    for parameter in shown.get("parameters", []):
        if parameter["in"] == "path":
            assert PATH_PARAMETERS[parameter["name"]].check(str(parameter["example"]))


def test_every_operation_says_who_may_call_it(described: dict[str, Any]) -> None:
    by_id = {operation_id(operation): operation for operation in operations()}
    schemes = described["components"]["securitySchemes"]
    assert {scheme["scheme"] for scheme in schemes.values()} == {"basic", "bearer"}
    assert {scheme["type"] for scheme in schemes.values()} == {"http"}
    for _, _, described_operation in described_operations(described):
        authentication = by_id[described_operation["operationId"]].authentication
        assert bool(described_operation["security"]) == (
            authentication not in (Authentication.NONE, Authentication.SIGNATURE)
        )
        if authentication is Authentication.ACCESS_TOKEN:
            assert described_operation["security"] == [{"accessToken": []}]
            assert "401" in described_operation["responses"]


def test_every_operation_is_handed_to_the_function(defined: dict[str, Any]) -> None:
    for _, _, operation in described_operations(defined):
        integration = operation["x-amazon-apigateway-integration"]
        assert (integration["type"], integration["httpMethod"]) == ("aws_proxy", "POST")
        assert "${ApiFunction.Arn}/invocations" in integration["uri"]["Fn::Sub"]


def test_every_path_answers_a_preflight(defined: dict[str, Any]) -> None:
    for path, methods in defined["paths"].items():
        integration = methods["options"]["x-amazon-apigateway-integration"]
        mapped = integration["responses"]["default"]["responseParameters"]
        declared = methods["options"]["responses"]["200"]["headers"]

        assert integration["type"] == "mock"
        assert mapped["method.response.header.Access-Control-Allow-Origin"] == "'*'"
        assert mapped["method.response.header.Access-Control-Allow-Headers"] == "'Authorization,Content-Type'"
        allowed = mapped["method.response.header.Access-Control-Allow-Methods"].strip("'").split(",")
        assert set(allowed) == {method.upper() for method in methods}, path
        assert {name.removeprefix("method.response.header.") for name in mapped} == set(declared)
        named = {parameter["name"] for parameter in methods["options"].get("parameters", [])}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_the_root_answers_401_without_a_body(defined: dict[str, Any]) -> None:
    integration = defined["paths"]["/"]["get"]["x-amazon-apigateway-integration"]

    assert integration["responses"]["default"]["statusCode"] == "401"
    assert "responseTemplates" not in integration["responses"]["default"]


def test_answers_of_the_gateway_carry_the_envelope(defined: dict[str, Any]) -> None:
    responses = defined["x-amazon-apigateway-gateway-responses"]

    assert set(responses) == set(gateway.GATEWAY_RESPONSES) == GATEWAY_TYPES
    for response in responses.values():
        envelope = yaml.safe_load(response["responseTemplates"]["application/json"])
        assert envelope["status"] == "NG"
        assert set(envelope) == {"status", "code", "message"}
        assert response["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
        assert "$context" not in response["responseTemplates"]["application/json"]
    assert responses["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == 404
    assert responses["REQUEST_TOO_LARGE"]["statusCode"] == 413
    assert responses["THROTTLED"]["statusCode"] == 429
    for name, response in responses.items():
        says_when = "gatewayresponse.header.Retry-After" in response["responseParameters"]
        assert says_when is (response["statusCode"] == 429), name


def test_every_429_says_when_to_try_again(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert "Retry-After" in operation["responses"]["429"]["headers"], f"{method} {path}"


def test_every_schema_and_member_says_what_it_is(described: dict[str, Any]) -> None:
    for name, schema in described["components"]["schemas"].items():
        assert name.isalnum()
        assert schema["description"], name
        for member, about in schema.get("properties", {}).items():
            assert about.get("description"), f"{name}.{member}"


def test_every_parameter_has_a_type_and_a_meaning(described: dict[str, Any]) -> None:
    for path, _, operation in described_operations(described):
        for parameter in operation.get("parameters", []):
            assert parameter["description"], path
            assert parameter["schema"]["type"] in ("string", "integer"), path
            if parameter["schema"]["type"] == "integer":
                assert parameter["schema"]["minimum"] <= parameter["schema"]["maximum"], path


def test_objects_say_what_they_hold(described: dict[str, Any]) -> None:
    for name, schema in described["components"]["schemas"].items():
        if schema.get("type") == "object":
            assert schema.get("properties") or schema.get("additionalProperties"), name


def test_sensor_properties_are_told_apart_by_their_class(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    for choice, suffix in (("SetSensorProperties", ""), ("SensorPropertiesReport", "Report")):
        mapping = schemas[choice]["discriminator"]["mapping"]
        assert set(mapping) == set(SENSOR_CLASSES)
        for name, target in mapping.items():
            kind = schemas[target.rsplit("/")[-1]]
            assert target.endswith(CLASS_PROPERTIES[name].__name__ + suffix)
            assert name in kind["properties"]["class"]["enum"]
            assert "class" in kind["required"]


def test_each_enumeration_of_numbers_has_a_name_for_each(described: dict[str, Any]) -> None:
    found = 0
    for name, schema in described["components"]["schemas"].items():
        for member, about in schema.get("properties", {}).items():
            if about.get("type") == "integer" and "enum" in about and "activate" not in member:
                found += 1
                assert len(about["x-enum-varnames"]) == len(about["enum"]), f"{name}.{member}"
    assert found > 20


def test_each_failure_lists_its_codes(described: dict[str, Any]) -> None:
    known = {one["code"] for one in json.loads(enumerations.FILE.read_bytes())["errors"]}
    for path, _, operation in described_operations(described):
        for status, response in operation["responses"].items():
            if not status.startswith("2"):
                assert response["x-error-codes"], path
                assert set(response["x-error-codes"]) <= known
                example = response["content"]["application/json"]["example"]
                assert example["code"] in response["x-error-codes"]


def test_the_enumerations_are_those_of_the_code() -> None:
    assert enumerations.FILE.read_text(encoding="utf-8") == enumerations.text(enumerations.document(operations()))
    tables = json.loads(enumerations.FILE.read_bytes())
    assert [one["name"] for one in tables["classes"]] == list(SENSOR_CLASSES)
    assert {one["name"] for one in tables["peripherals"]} == set(PERIPHERALS)
    assert tables["numbers"]["uart.baudrate"][11] == {"number": 11, "name": "BAUD_115200", "meaning": "115200"}


def test_references_lead_somewhere(described: dict[str, Any]) -> None:
    referred = set(re.findall(r"#/components/schemas/(\w+)", FILE.read_text(encoding="utf-8")))

    assert referred <= set(described["components"]["schemas"])


def test_paths_hold_what_the_gateway_allows(defined: dict[str, Any]) -> None:
    for path in defined["paths"]:
        assert re.fullmatch(r"/|(/([\w.,:-]+|\{\w+\}))+", path)


def test_the_file_is_small_enough_to_be_included() -> None:
    content = gateway.FILE.read_bytes()

    assert len(content) < MAX_OCTETS
