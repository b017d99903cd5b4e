"""template.yaml and its nested stacks keep the template rules, and each rule finds its violations."""

import json
from pathlib import Path

import pytest
import yaml

from tests.contract import house_rules
from tests.contract.deployment import ROOT, Deployment, Template, gateway_api, read_deployment, values
from tests.contract.house_rules import RULES, Rule

DEPLOYMENT = read_deployment()
BROKEN = yaml.safe_load(Path(__file__).with_name("broken_templates.yaml").read_text())
"""For each rule, templates that break it in one way each: `root`, and `nested` by logical id."""
TEMPLATE_BYTES = 1_000_000
"""CloudFormation's limit after its transforms (its user guide, "Troubleshoot the processed template")."""
MARGIN = 2
"""An upper bound of what SAM and the transforms add to the template."""
GATEWAY_ANSWERS = ["DEFAULT_4XX", "DEFAULT_5XX", "MISSING_AUTHENTICATION_TOKEN", "REQUEST_TOO_LARGE", "THROTTLED"]
"""Kinds of answer that API Gateway gives by itself; the first two stand for all that have none of their own."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_templates_keep_the_house_rule(rule: Rule) -> None:
    assert list(rule(DEPLOYMENT)) == []


@pytest.mark.parametrize("name", [rule.__name__ for rule in RULES])
def test_the_house_rule_catches_each_template_that_breaks_it(name: str) -> None:
    rule = getattr(house_rules, name)

    for case in BROKEN[name]:
        nested = {
            logical_id: Template(f"{logical_id}.yaml", text) for logical_id, text in case.get("nested", {}).items()
        }
        assert list(rule(Deployment(Template("root.yaml", case["root"]), nested))), case


def test_every_nested_template_is_deployed() -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for folder in ("infrastructure", "iot_rules")
        for path in (ROOT / folder).glob("*.yaml")
    }

    assert files == {template.name for template in DEPLOYMENT.nested.values()}


def test_every_function_runs_the_module_of_its_name() -> None:
    for function, properties in DEPLOYMENT.functions():
        package, module, _ = properties["Handler"].split(".")
        expected = ("api", "app") if function.name == "ApiFunction" else ("functions", _snake(function.name))
        assert (package, module) == expected
        assert (ROOT / package / f"{module}.py").is_file()


def test_one_permission_lets_the_api_call_its_function() -> None:
    permissions = DEPLOYMENT.resources("AWS::Lambda::Permission")
    (permission,) = (one for one in permissions if one.properties["Principal"] == "apigateway.amazonaws.com")

    assert permission.properties["FunctionName"] == {"Ref": "ApiFunction"}
    assert permission.properties["SourceArn"]["Fn::Sub"].endswith(":${Api}/*")


def test_the_template_with_what_it_includes_is_small_enough_for_cloudformation() -> None:
    assert MARGIN * len(json.dumps(DEPLOYMENT.root.body)) + len(json.dumps(gateway_api())) < TEMPLATE_BYTES


def test_what_the_template_includes_is_the_file_of_the_gateway() -> None:
    included = DEPLOYMENT.root.resources()["Api"]["Properties"]["DefinitionBody"]["Fn::Transform"]

    assert included == {"Name": "AWS::Include", "Parameters": {"Location": "api/gateway.json"}}


def test_no_method_has_metrics_of_its_own() -> None:
    (settings,) = DEPLOYMENT.root.resources()["Api"]["Properties"]["MethodSettings"]

    assert settings["MetricsEnabled"] is False


def test_codes_are_mailed_by_ses_where_a_sender_is_set() -> None:
    pool = DEPLOYMENT.nested["Identity"].resources()["UserPool"]["Properties"]

    condition, ours, cognitos = pool["EmailConfiguration"]["Fn::If"]

    assert condition == "HasMail"
    assert (ours["EmailSendingAccount"], ours["From"]) == ("DEVELOPER", {"Ref": "MailSender"})
    assert cognitos == {"EmailSendingAccount": "COGNITO_DEFAULT"}


def test_mail_leaves_from_no_other_identity() -> None:
    courier = DEPLOYMENT.root.resources()["DeliverNoticesRole"]["Properties"]
    statements = [one for found in values(courier, "Statement") for one in found]
    (mail,) = (one for one in statements if one["Action"] == "ses:SendEmail")

    assert "*" not in json.dumps(mail["Resource"])
    (identity,) = values(mail["Resource"], "Fn::If")
    assert identity[:2] == ["HasMailIdentity", {"Ref": "MailIdentity"}]


def test_no_setting_of_the_whole_account_is_taken_over_unasked() -> None:
    root, devices = DEPLOYMENT.root, DEPLOYMENT.nested["Devices"]

    assert root.resources()["ApiLogSetting"]["Condition"] == "CreateApiLogRole"
    assert {devices.resources()[name]["Condition"] for name in ("Logging", "LoggingRole")} == {"HasLogs"}
    assert root.parameters()["IotLogLevel"]["Default"] == "NONE"


def test_the_api_reserves_concurrency_only_where_it_is_told_to() -> None:
    api = DEPLOYMENT.root.resources()["ApiFunction"]["Properties"]

    assert api["ReservedConcurrentExecutions"]["Fn::If"] == [
        "HasReservedConcurrency",
        {"Ref": "ApiReservedConcurrency"},
        {"Ref": "AWS::NoValue"},
    ]
    assert DEPLOYMENT.root.parameters()["ApiReservedConcurrency"]["Default"] == 0


def test_the_sdk_publishes_at_the_accounts_own_endpoint() -> None:
    variables = DEPLOYMENT.root.body["Globals"]["Function"]["Environment"]["Variables"]

    condition, ours, default = variables["AWS_ENDPOINT_URL_IOT_DATA_PLANE"]["Fn::If"]

    assert (condition, default) == ("HasIotEndpoint", {"Ref": "AWS::NoValue"})
    assert ours == {"Fn::Sub": "https://${IotEndpoint}"}


def test_codes_go_to_telephones_from_the_region_that_is_named() -> None:
    pool = DEPLOYMENT.nested["Identity"].resources()["UserPool"]["Properties"]

    choice = pool["SmsConfiguration"]["SnsRegion"]["Fn::If"]

    assert choice == ["HasSmsRegion", {"Ref": "SmsRegion"}, {"Ref": "AWS::Region"}]


def test_a_topic_takes_at_least_what_its_default_policy_lets_it_take() -> None:
    policy = DEPLOYMENT.nested["Notices"].resources()["PushFailuresTopicPolicy"]["Properties"]["PolicyDocument"]

    conditions = [set(one["Condition"]["StringEquals"]) for one in policy["Statement"]]

    assert conditions == [{"aws:SourceAccount"}, {"aws:SourceOwner"}]


def test_no_resource_is_made_that_nothing_uses() -> None:
    assert list(DEPLOYMENT.resources("AWS::IoT::ThingType")) == []


def test_the_readme_says_how_many_executions_the_queues_may_use() -> None:
    most = sum(
        event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
        for _, function in DEPLOYMENT.functions()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    )

    assert f"the queues alone may use {most}" in (ROOT / "README.md").read_text()


def test_included_templates_are_small_enough() -> None:
    for template in DEPLOYMENT.nested.values():
        assert len(template.text.encode()) < 51_200, template.name


def test_the_access_log_holds_no_header_and_no_query() -> None:
    log_format = DEPLOYMENT.root.resources()["Api"]["Properties"]["AccessLogSetting"]["Format"]

    logged = json.loads(log_format)

    assert not [value for value in logged.values() if "header" in value.lower() or "query" in value.lower()]
    assert "$context.requestId" in logged.values()


@pytest.mark.parametrize("kind", GATEWAY_ANSWERS)
def test_answers_of_the_gateway_itself_carry_the_envelope(kind: str) -> None:
    answers = gateway_api()["x-amazon-apigateway-gateway-responses"]

    template = answers[kind]["responseTemplates"]["application/json"]
    envelope = json.loads(template.replace("$context.error.messageString", '"x"'))

    assert envelope["status"] == "NG"
    assert envelope["message"]
    assert answers[kind]["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"


def _snake(function: str) -> str:
    name = function.removesuffix("Function")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")
