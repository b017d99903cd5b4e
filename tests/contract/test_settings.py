"""template.yaml sets every setting of the functions, and sets no unused variable."""

from dataclasses import fields

from iotcloud.settings import Settings
from tests.contract.deployment import read_deployment

SET_FOR_THE_SDK = {"AWS_ENDPOINT_URL_IOT_DATA_PLANE"}
"""Read by botocore itself."""
SET_BY_LAMBDA = {"AWS_REGION"}
"""A reserved variable of the runtime; a template may not set it."""


def test_the_template_sets_exactly_the_settings() -> None:
    variables = read_deployment().root.body["Globals"]["Function"]["Environment"]["Variables"]

    assert set(variables) - SET_FOR_THE_SDK == {field.name.upper() for field in fields(Settings)} - SET_BY_LAMBDA
    assert set(variables) > SET_FOR_THE_SDK


def test_no_function_has_variables_of_its_own() -> None:
    deployment = read_deployment()

    own = [str(function) for function, _ in deployment.functions() if "Environment" in function.properties]

    assert own == []
