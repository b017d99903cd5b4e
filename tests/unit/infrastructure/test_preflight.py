"""The preflight: missing settings of an account, denied calls, and exit codes."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from infrastructure import templates
from infrastructure.preflight import __main__ as command
from infrastructure.preflight.checks import CHECKS
from infrastructure.preflight.rows import Row, State, Target
from tests.fakes.aws_account import REGION, Answer, FakeAccount

ACCOUNT = "123456789012"
AWS = FakeAccount()
"""Shared by all tests; each sets its responses."""
AT = datetime(2026, 11, 25, tzinfo=UTC)
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")
SECRETS = ("/iotcloud/fcm", "/iotcloud/apns", "/iotcloud/jwt", "/iotcloud/sms", "/iotcloud/paypal", "/iotcloud/ca")
EVERYTHING = {
    "MailSender": "hello@mail.example.com",
    "MailIdentity": "example.com",
    "SmsProvider": "eum",
    "SmsSender": "IOTCLOUD",
    "PushFcmSecretParameter": "/iotcloud/fcm:3",
    "PushApnsSecretParameter": "/iotcloud/apns",
    "LegacyJwtKeyParameter": "/iotcloud/jwt",
    "SmsSecretParameter": "/iotcloud/sms",
    "PaypalSecretParameter": "/iotcloud/paypal",
    "DeviceCaParameter": "/iotcloud/ca",
    "GoogleSecret": "google",
    "AppUrls": "https://app.example.com",
    "ApiReservedConcurrency": "100",
    "IotLogLevel": "WARN",
}
"""Every parameter that makes something be asked."""


def stack(name: str = "iotcloud", status: str = "CREATE_COMPLETE", **more: Any) -> dict[str, Any]:
    identifier = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/1"
    return {"StackName": name, "StackId": identifier, "CreationTime": AT, "StackStatus": status, **more}


def stacks(*found: Mapping[str, Any]) -> Answer:
    """Describe all stacks, or the one that is asked for."""

    def describe(request: Mapping[str, Any]) -> Any:
        wanted = request.get("StackName")
        matching = [one for one in found if wanted in (None, one["StackName"])]
        return {"Stacks": matching} if matching or not wanted else "ValidationError"

    return describe


def quota(value: float) -> Answer:
    return {"Quota": {"Value": value}}


def in_order() -> dict[str, Answer]:
    """Return the answers of an account in which nothing is missing."""
    kinds = {name: "String" if name == "/iotcloud/ca" else "SecureString" for name in SECRETS}
    return {
        "cloudformation:DescribeStacks": stacks(),
        "dynamodb:ListTables": {"TableNames": ["orders"]},
        "logs:DescribeLogGroups": {"logGroups": [{"logGroupName": "/aws/lambda/iotcloud-api-of-another"}]},
        "sesv2:GetAccount": {"ProductionAccessEnabled": True, "SendingEnabled": True},
        "sesv2:GetEmailIdentity": {"VerifiedForSendingStatus": True},
        "sns:GetSMSSandboxAccountStatus": {"IsInSandbox": False},
        "sns:GetSMSAttributes": {"attributes": {"MonthlySpendLimit": "50"}},
        "pinpoint-sms-voice-v2:DescribeAccountAttributes": {
            "AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "PRODUCTION"}]
        },
        "pinpoint-sms-voice-v2:DescribeSpendLimits": {
            "SpendLimits": [
                {"Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT", "EnforcedLimit": 20, "MaxLimit": 50, "Overridden": True}
            ]
        },
        "ssm:DescribeParameters": lambda request: {
            "Parameters": [
                {"Name": name, "Type": kinds[name], "KeyId": "alias/aws/ssm"}
                for name in request["ParameterFilters"][0]["Values"]
            ]
        },
        "secretsmanager:DescribeSecret": {"Name": "google"},
        "cognito-idp:DescribeUserPoolDomain": {"DomainDescription": {}},
        "lambda:GetAccountSettings": {
            "AccountLimit": {
                "TotalCodeSize": 80 << 30,
                "ConcurrentExecutions": 1000,
                "UnreservedConcurrentExecutions": 1000,
            },
            "AccountUsage": {"TotalCodeSize": 1 << 30},
        },
        "lambda:GetFunctionConcurrency": "ResourceNotFoundException",
        "iot:ListTopicRules": {"rules": []},
        "iot:DescribeEndpoint": {"endpointAddress": "a1-ats.iot.eu-west-1.amazonaws.com"},
        "iot:GetV2LoggingOptions": "NotConfiguredException",
        "events:ListRules": {"Rules": [{"Name": "nightly"}]},
        "iam:GetAccountSummary": {"SummaryMap": {"Roles": 30, "RolesQuota": 1000}},
        "apigateway:GetAccount": {},
        "service-quotas:GetServiceQuota": quota(5000),
        "sts:GetCallerIdentity": {"Account": ACCOUNT},
    }


def ask(
    answers: Mapping[str, Answer] | None = None,
    parameters: Mapping[str, str] | None = None,
    stack_name: str = "iotcloud",
) -> list[Row]:
    account = AWS.answer({**in_order(), **(answers or {})})
    target = Target(account.session, ACCOUNT, REGION, stack_name, EVERYTHING if parameters is None else parameters)
    return [row for check in CHECKS for row in check.rows(target)]


def test_an_account_in_order_has_nothing_missing() -> None:
    rows = ask()

    assert [row for row in rows if row.state is not State.OK] == []
    assert len(rows) >= len(CHECKS)


def test_a_first_deployment_with_defaults_needs_nothing_and_warns_of_mail() -> None:
    rows = ask(parameters={})

    assert [(row.state, row.subject) for row in rows if row.state is not State.OK] == [(State.WARNING, "Amazon SES")]


def limits(at_once: int, unreserved: int, used: int = 0) -> Answer:
    return {
        "AccountLimit": {
            "TotalCodeSize": 80 << 30,
            "ConcurrentExecutions": at_once,
            "UnreservedConcurrentExecutions": unreserved,
        },
        "AccountUsage": {"TotalCodeSize": used},
    }


OTHER = stack("staging", Description="iotcloud: remote access, as an older version describes itself")
OUTPUTS = [
    {"OutputKey": name, "OutputValue": "x"} for name in ("ClaimPolicyName", "FleetTemplateName", "DevicePolicyName")
]


@pytest.mark.parametrize(
    ("answers", "parameters", "state", "subject", "text"),
    [
        # the stack
        (
            {"cloudformation:DescribeStacks": stacks(stack(status="UPDATE_IN_PROGRESS"))},
            {},
            State.MISSING,
            "stack",
            "UPDATE_IN_PROGRESS",
        ),
        (
            {"cloudformation:DescribeStacks": stacks(stack(status="ROLLBACK_COMPLETE"))},
            {},
            State.MISSING,
            "stack",
            "ROLLBACK_COMPLETE",
        ),
        (
            {"cloudformation:DescribeStacks": stacks(stack(status="DELETE_FAILED"))},
            {},
            State.MISSING,
            "stack",
            "DELETE_FAILED",
        ),
        (
            {"cloudformation:DescribeStacks": stacks(stack(status="UPDATE_ROLLBACK_FAILED"))},
            {},
            State.MISSING,
            "stack",
            "ROLLBACK_FAILED",
        ),
        (
            {"cloudformation:DescribeStacks": stacks(stack(status="UPDATE_ROLLBACK_COMPLETE"))},
            {},
            State.OK,
            "stack",
            "will be updated",
        ),
        (
            {"cloudformation:DescribeStacks": stacks(OTHER)},
            {},
            State.MISSING,
            "one stack per account and Region",
            "staging",
        ),
        (
            {"cloudformation:DescribeStacks": stacks(stack("mine", Outputs=OUTPUTS))},
            {},
            State.MISSING,
            "one stack per account and Region",
            "mine",
        ),
        (
            {"cloudformation:DescribeStacks": stacks(stack("shop", Description="A shop"))},
            {},
            State.OK,
            "one stack per account and Region",
            "no other",
        ),
        (
            {
                "cloudformation:DescribeStacks": stacks(
                    {**OTHER, "ParentId": "arn:aws:cloudformation:eu-west-1:1:stack/x/1"}
                )
            },
            {},
            State.OK,
            "one stack per account and Region",
            "no other",
        ),
        (
            {"dynamodb:ListTables": {"TableNames": ["iotcloud-devices"]}},
            {},
            State.MISSING,
            "names of tables and log groups",
            "iotcloud-devices",
        ),
        (
            {"logs:DescribeLogGroups": {"logGroups": [{"logGroupName": "/aws/lambda/iotcloud-api"}]}},
            {},
            State.MISSING,
            "names of tables and log groups",
            "/aws/lambda/iotcloud-api",
        ),
        # mail
        (
            {"sesv2:GetAccount": {"ProductionAccessEnabled": False}},
            {"MailSender": "a@example.com"},
            State.WARNING,
            "Amazon SES",
            "sandbox",
        ),
        (
            {"sesv2:GetAccount": {"ProductionAccessEnabled": True, "SendingEnabled": False}},
            {"MailSender": "a@example.com"},
            State.WARNING,
            "Amazon SES",
            "switched off",
        ),
        (
            {"sesv2:GetEmailIdentity": {"VerifiedForSendingStatus": False}},
            {"MailSender": "a@example.com"},
            State.MISSING,
            "identity of MailSender",
            "not verified",
        ),
        (
            {"sesv2:GetEmailIdentity": "NotFoundException"},
            {"MailSender": "a@example.com"},
            State.MISSING,
            "identity of MailSender",
            "no identity",
        ),
        (
            {
                "sesv2:GetEmailIdentity": lambda request: (
                    {"VerifiedForSendingStatus": True}
                    if request["EmailIdentity"] == "example.com"
                    else "NotFoundException"
                )
            },
            {"MailSender": "a@example.com"},
            State.MISSING,
            "identity of MailSender",
            "verified is example.com",
        ),
        (
            {},
            {"MailSender": "a@notexample.com", "MailIdentity": "example.com"},
            State.MISSING,
            "identity of MailSender",
            "is not of",
        ),
        # text messages
        ({"sns:GetSMSSandboxAccountStatus": {"IsInSandbox": True}}, {}, State.WARNING, "text messages", "sandbox"),
        ({"sns:GetSMSAttributes": {"attributes": {}}}, {}, State.WARNING, "spend limit of text messages", "$1 a month"),
        (
            {
                "pinpoint-sms-voice-v2:DescribeAccountAttributes": {
                    "AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "SANDBOX"}]
                }
            },
            {"SmsProvider": "eum", "SmsSender": "X"},
            State.WARNING,
            "AWS End User Messaging",
            "SANDBOX",
        ),
        ({}, {"SmsProvider": "eum"}, State.WARNING, "sender of text messages", "empty"),
        (
            {
                "pinpoint-sms-voice-v2:DescribeSpendLimits": {
                    "SpendLimits": [
                        {
                            "Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT",
                            "EnforcedLimit": 1,
                            "MaxLimit": 1,
                            "Overridden": False,
                        }
                    ]
                }
            },
            {"SmsProvider": "eum", "SmsSender": "X"},
            State.WARNING,
            "spend limit of AWS End User Messaging",
            "$1 a month",
        ),
        # secrets
        (
            {"ssm:DescribeParameters": {"Parameters": []}},
            {"PushFcmSecretParameter": "/fcm:2"},
            State.MISSING,
            "PushFcmSecretParameter",
            "/fcm is not in SSM",
        ),
        (
            {"ssm:DescribeParameters": {"Parameters": []}},
            {"SmsSecretParameter": "/sms"},
            State.WARNING,
            "SmsSecretParameter",
            "/sms is not in SSM",
        ),
        (
            {"ssm:DescribeParameters": {"Parameters": [{"Type": "String"}]}},
            {"LegacyJwtKeyParameter": "/jwt"},
            State.WARNING,
            "LegacyJwtKeyParameter",
            "is a String",
        ),
        (
            {"ssm:DescribeParameters": {"Parameters": [{"Type": "SecureString", "KeyId": "alias/mine"}]}},
            {"PushApnsSecretParameter": "/apns"},
            State.MISSING,
            "PushApnsSecretParameter",
            "another key",
        ),
        (
            {"secretsmanager:DescribeSecret": "ResourceNotFoundException"},
            {"GoogleSecret": "google"},
            State.MISSING,
            "GoogleSecret",
            "not in Secrets Manager",
        ),
        (
            {"secretsmanager:DescribeSecret": {"Name": "google", "DeletedDate": AT}},
            {"FacebookSecret": "google"},
            State.MISSING,
            "FacebookSecret",
            "not in Secrets Manager",
        ),
        (
            {"cognito-idp:DescribeUserPoolDomain": {"DomainDescription": {"UserPoolId": "eu-west-1_other"}}},
            {"GoogleSecret": "google"},
            State.MISSING,
            "sign-in domain",
            "eu-west-1_other",
        ),
        ({}, {"GoogleSecret": "google", "SignInDomain": "my-aws-things"}, State.MISSING, "sign-in domain", "refused"),
        ({}, {"GoogleSecret": "google"}, State.WARNING, "AppUrls", "local address"),
        # functions
        (
            {"lambda:GetAccountSettings": limits(10, 10)},
            {"ApiReservedConcurrency": "5"},
            State.MISSING,
            "ApiReservedConcurrency",
            "leave 5",
        ),
        (
            {
                "lambda:GetAccountSettings": limits(1000, 140),
                "lambda:GetFunctionConcurrency": {"ReservedConcurrentExecutions": 40},
            },
            {"ApiReservedConcurrency": "80"},
            State.OK,
            "ApiReservedConcurrency",
            "leave 100",
        ),
        (
            {"lambda:GetAccountSettings": limits(1000, 140)},
            {"ApiReservedConcurrency": "80"},
            State.MISSING,
            "ApiReservedConcurrency",
            "leave 60",
        ),
        (
            {"lambda:GetAccountSettings": limits(10, 10)},
            {},
            State.WARNING,
            "concurrent executions",
            "10 executions at once",
        ),
        (
            {"lambda:GetAccountSettings": limits(1000, 1000, 80 << 30)},
            {},
            State.MISSING,
            "storage of functions",
            "0.0 GB",
        ),
        # quotas
        ({"service-quotas:GetServiceQuota": quota(100)}, {}, State.MISSING, "resources of the API", "of 100"),
        (
            {"service-quotas:GetServiceQuota": quota(18), "dynamodb:ListTables": {"TableNames": ["orders", "goods"]}},
            {},
            State.MISSING,
            "tables",
            "of 18",
        ),
        ({"service-quotas:GetServiceQuota": quota(7)}, {}, State.MISSING, "AWS IoT rules", "of 7"),
        ({"service-quotas:GetServiceQuota": quota(3)}, {}, State.MISSING, "EventBridge rules", "of 3"),
        ({"service-quotas:GetServiceQuota": quota(9)}, {}, State.MISSING, "stacks", "of 9"),
        ({"service-quotas:GetServiceQuota": "AccessDeniedException"}, {}, State.OK, "tables", "AWS's default"),
        (
            {"iam:GetAccountSummary": {"SummaryMap": {"Roles": 995, "RolesQuota": 1000}}},
            {},
            State.MISSING,
            "IAM roles",
            "beside 995",
        ),
        (
            {"iot:ListTopicRules": {"rules": [{"ruleName": "lamps", "topicPattern": "lamps/+"}]}},
            {},
            State.WARNING,
            "other users of the broker",
            "lamps",
        ),
        (
            {"iot:ListTopicRules": {"rules": [{"ruleName": "iotcloud_historian_to", "topicPattern": "+/+"}]}},
            {},
            State.OK,
            "AWS IoT rules",
            "beside 0",
        ),
        # settings of the account
        (
            {"apigateway:GetAccount": {"cloudwatchRoleArn": "arn:aws:iam::123456789012:role/logs"}},
            {},
            State.WARNING,
            "log role of API Gateway",
            "would be replaced",
        ),
        (
            {
                "apigateway:GetAccount": {
                    "cloudwatchRoleArn": "arn:aws:iam::123456789012:role/iotcloud-ApiLogAccountRole-1"
                }
            },
            {},
            State.OK,
            "log role of API Gateway",
            "own",
        ),
        (
            {"apigateway:GetAccount": {"cloudwatchRoleArn": "arn:aws:iam::123456789012:role/logs"}},
            {"ApiLogRole": "existing"},
            State.OK,
            "log role of API Gateway",
            "role/logs",
        ),
        ({}, {"ApiLogRole": "existing"}, State.MISSING, "log role of API Gateway", "has none"),
        ({}, {"IotEndpoint": "wrong.example.com"}, State.WARNING, "AWS IoT endpoint", "wrong.example.com"),
        (
            {"iot:GetV2LoggingOptions": {"roleArn": "arn:aws:iam::123456789012:role/iot", "defaultLogLevel": "WARN"}},
            {"IotLogLevel": "WARN"},
            State.WARNING,
            "AWS IoT logs",
            "role/iot",
        ),
    ],
)
def test_what_is_found(
    answers: dict[str, Answer], parameters: dict[str, str], state: State, subject: str, text: str
) -> None:
    rows = [row for row in ask(answers, parameters) if row.subject == subject]

    found = [row for row in rows if row.state is state and text in row.found]
    assert found, rows
    if state is not State.OK:
        assert found[0].action
        assert found[0].documentation


@pytest.mark.parametrize("name", ["9lives", "a" * 31, "under_score"])
def test_a_name_that_the_template_cannot_have(name: str) -> None:
    assert any(row.state is State.MISSING and row.subject == "stack" for row in ask(stack_name=name))


def test_parameters_that_the_stack_has_are_kept() -> None:
    deployed = stack(Parameters=[{"ParameterKey": "MailSender", "ParameterValue": "a@example.com"}])
    rows = ask(
        {"cloudformation:DescribeStacks": stacks(deployed), "sesv2:GetEmailIdentity": "NotFoundException"},
        {"LogLevel": "DEBUG"},
    )

    assert any(row.subject == "identity of MailSender" and "a@example.com" in row.found for row in rows)


def test_a_stack_that_is_there_needs_its_size_only_once() -> None:
    tables = templates.names(templates.read_stacks({"AWS::StackName": "iotcloud"}), "AWS::DynamoDB::Table", "TableName")
    rows = ask(
        {
            "cloudformation:DescribeStacks": stacks(stack()),
            "dynamodb:ListTables": {"TableNames": tables},
            "service-quotas:GetServiceQuota": quota(len(tables)),
        },
        {},
    )

    assert next(row for row in rows if row.subject == "tables").state is State.OK


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.subject)
def test_what_may_not_be_asked_is_a_row(check: Any) -> None:
    """All calls of a check are denied in turn, alone: the row names the call and what to allow."""
    account = AWS.answer(in_order())
    list(check.rows(Target(account.session, ACCOUNT, REGION, "iotcloud", EVERYTHING)))
    # A quota that cannot be asked for has AWS's default.
    for operation in set(account.asked) - {"service-quotas:GetServiceQuota"}:
        denied = AWS.answer({**in_order(), operation: "AccessDeniedException"})
        rows = list(check.rows(Target(denied.session, ACCOUNT, REGION, "iotcloud", EVERYTHING)))

        unasked = [row for row in rows if row.state is State.UNASKED]
        assert len(unasked) == 1
        assert operation.partition(":")[2] in unasked[0].found
        assert unasked[0].documentation


PREFIXES = {"sesv2": "ses", "pinpoint-sms-voice-v2": "sms-voice", "service-quotas": "servicequotas"}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.subject)
def test_a_check_names_the_rights_that_it_needs(check: Any) -> None:
    account = AWS.answer(in_order())
    list(check.rows(Target(account.session, ACCOUNT, REGION, "iotcloud", EVERYTHING)))

    actions = {
        "apigateway:GET" if service == "apigateway" else f"{PREFIXES.get(service, service)}:{operation}"
        for service, operation in (operation.split(":") for operation in account.asked)
    }
    assert actions == set(check.rights)


def test_the_documented_policy_allows_exactly_what_is_asked() -> None:
    page = (Path(templates.ROOT) / "docs/how-to/deploy.md").read_text()
    policy = json.loads(re.findall(r"```json\n(.*?)```", page, re.DOTALL)[0])
    statements = policy["Statement"]

    allowed = [action for statement in statements for action in statement["Action"]]
    assert sorted(allowed) == sorted({action for check in CHECKS for action in check.rights})
    assert all(statement["Effect"] == "Allow" for statement in statements)


def run(monkeypatch: pytest.MonkeyPatch, answers: Mapping[str, Answer], *arguments: str) -> int:
    account = AWS.answer({**in_order(), **answers})
    monkeypatch.setattr(boto3.session, "Session", lambda **_: account.session)
    return command.main(arguments)


def test_the_command_ends_well_with_warnings_and_refusals(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = {"iam:GetAccountSummary": "AccessDenied", "sns:GetSMSSandboxAccountStatus": {"IsInSandbox": True}}
    assert run(monkeypatch, answers, "--region", REGION, "--guided") == 0

    printed = capsys.readouterr().out
    assert "GetAccountSummary: AccessDenied" in printed
    assert "0 missing (the deployment fails), 2 warnings, 1 could not be asked" in printed


def test_the_command_fails_when_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = {"sesv2:GetEmailIdentity": "NotFoundException"}
    assert run(monkeypatch, answers, "--parameters", "MailSender=a@example.com", "LogLevel=DEBUG") == 1

    printed = capsys.readouterr().out
    assert "a@example.com is no identity in this Region" in printed
    assert "https://docs.aws.amazon.com/ses/" in printed


def test_a_parameter_that_the_template_does_not_have_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, {}, "--parameters", "MailSendr=a@example.com") == 1
    assert "MailSendr" in capsys.readouterr().err


def test_without_credentials_nothing_can_be_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, {"sts:GetCallerIdentity": "ExpiredToken"}) == 1
    assert "ExpiredToken" in capsys.readouterr().err


def test_the_size_is_counted_from_the_template() -> None:
    stacks = templates.read_stacks({"AWS::StackName": "iotcloud", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT})

    assert templates.count(stacks, templates.NESTED_STACK) == len(stacks) - 1
    assert "iotcloud-devices" in templates.names(stacks, "AWS::DynamoDB::Table", "TableName")
    assert "iotcloud_historian_from" in templates.names(stacks, "AWS::IoT::TopicRule", "RuleName")
    assert "/aws/lambda/iotcloud-api" in templates.names(stacks, "AWS::Logs::LogGroup", "LogGroupName")
    assert all(0 < templates.count_resources(stack) <= 500 for stack in stacks)
    assert 0 < templates.count_api_resources() <= 300
