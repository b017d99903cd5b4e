"""The checks. Each reads the account and returns rows. `Check.rows` turns a denied call into a row."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infrastructure import templates
from infrastructure.preflight.rows import Check, Row, State, Target, error_code, reason

MISSING_CODES = ("NotFoundException", "ResourceNotFoundException", "ParameterNotFound")
STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,29}")
"""A provisioning template's name has at most 36 characters; it is the stack's name plus `-fleet`."""
NOT_IN_A_DOMAIN = ("aws", "amazon", "cognito")
"""Forbidden in the prefix of a Cognito domain (developer guide, "Using the Amazon Cognito prefix domain")."""
UNRESERVED = 100
"""Concurrent executions that an account must leave unreserved (Lambda developer guide, "Reserved concurrency")."""
PACKAGES = 1 << 30
"""Upper bound in bytes for functions and layers with their previous version; they have about 150 MB."""
FIRST_SPEND_LIMIT = 1.0
"""Default spend limit for text messages, in US dollars a month (SNS developer guide)."""
SIGN_IN_PROVIDERS = ("FacebookSecret", "GoogleSecret", "AmazonSecret")
RESOURCES_PER_TEMPLATE = 500
"""AWS CloudFormation user guide, "Quotas"; it cannot be raised."""

AWS = "https://docs.aws.amazon.com"
QUOTAS = f"{AWS}/servicequotas/latest/userguide/request-quota-increase.html"


# ---------------------------------------------------------------- the stack itself
def ask_stack(target: Target) -> Iterator[Row]:
    """Check that a stack of this name can be created or updated."""
    if not STACK_NAME.fullmatch(target.stack_name):
        yield Row(
            State.MISSING, "", f"{target.stack_name} is no name for this template", "30 letters, digits, dashes at most"
        )
        return
    stack = target.stack
    if stack is None:
        yield Row(State.OK, "", f"{target.stack_name} is not there yet and will be created")
        return
    status = stack["StackStatus"]
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        yield Row(State.MISSING, "", f"{target.stack_name} is {status}", "wait until that is over")
    elif status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
        yield Row(State.MISSING, "", f"{target.stack_name} is {status}", "make destroy, then deploy again")
    elif status == "UPDATE_ROLLBACK_FAILED":
        yield Row(State.MISSING, "", f"{target.stack_name} is {status}", "continue its rollback first")
    else:
        yield Row(State.OK, "", f"{target.stack_name} is {status} and will be updated")


def ask_other_stacks(target: Target) -> Iterator[Row]:
    """Look for another stack of this template: each would store the messages of the other's devices."""
    others = []
    for page in target.client("cloudformation").get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            is_root = not stack.get("ParentId")
            if is_root and stack["StackName"] != target.stack_name and templates.describes(stack):
                others.append(stack["StackName"])
    if others:
        yield Row(
            State.MISSING,
            "",
            f"{', '.join(sorted(others))} is here too, and devices' topics carry no stage",
            "deploy to another Region or account, or make destroy the other one",
        )
    else:
        yield Row(State.OK, "", "no other stack of this template")


def ask_remains(target: Target) -> Iterator[Row]:
    """Look for resources that an earlier stack of this name left: their names are taken."""
    if target.stack is not None:
        yield Row(State.OK, "", "the stack is there; its names are its own")
        return
    tables = set(templates.names(target.stacks, "AWS::DynamoDB::Table", "TableName"))
    left = sorted(tables & set(_tables(target)))
    logs = target.client("logs")
    for name in templates.names(target.stacks, "AWS::Logs::LogGroup", "LogGroupName"):
        found = logs.describe_log_groups(logGroupNamePrefix=name, limit=50)["logGroups"]
        left += [name for one in found if one["logGroupName"] == name]
    if left:
        yield Row(State.MISSING, "", f"names are taken: {', '.join(left)}", "make destroy removes them, or do it")
    else:
        yield Row(State.OK, "", "all names of tables and log groups are free")


# ---------------------------------------------------------------- mail and text messages
def ask_mail(target: Target) -> Iterator[Row]:
    """Check that Amazon SES sends from MailSender, and to which addresses."""
    sender = target.parameters["MailSender"]
    if not sender:
        yield Row(
            State.WARNING, "", "MailSender is empty: no notices by mail, 50 codes a day", "verify an identity, set it"
        )
        return
    ses = target.client("sesv2")
    identity = target.parameters["MailIdentity"] or sender
    domain = sender.rpartition("@")[2].lower()
    if identity != sender and not f".{domain}".endswith(f".{identity.rpartition('@')[2].lower()}"):
        yield Row(State.MISSING, "identity of MailSender", f"{sender} is not of {identity}", "correct MailIdentity")
    else:
        yield from _identity_rows(ses, identity, domain)
    account = ses.get_account()
    if not account.get("SendingEnabled", True):
        yield Row(State.WARNING, "", "sending is switched off for the account", "ask AWS Support why")
    if account.get("ProductionAccessEnabled"):
        yield Row(State.OK, "", "the account may mail to everybody")
    else:
        yield Row(
            State.WARNING, "", "sandbox: only verified addresses get mail", "request production access in this Region"
        )


def _identity_rows(ses: Any, identity: str, domain: str) -> Iterator[Row]:
    subject = "identity of MailSender"
    found = _found(lambda: ses.get_email_identity(EmailIdentity=identity))
    if found is None and identity.rpartition("@")[2].lower() == domain and "@" in identity:
        by_domain = _found(lambda: ses.get_email_identity(EmailIdentity=domain))
        if by_domain is not None:
            yield Row(State.MISSING, subject, f"verified is {domain}, not {identity}", f"set MailIdentity={domain}")
            return
    if found is None:
        yield Row(State.MISSING, subject, f"{identity} is no identity in this Region", "verify it")
    elif not found.get("VerifiedForSendingStatus"):
        yield Row(State.MISSING, subject, f"{identity} is not verified yet", "finish its verification")
    else:
        yield Row(State.OK, subject, f"{identity} is verified")


def ask_text_messages(target: Target) -> Iterator[Row]:
    """Check that Amazon SNS sends to every number, and its monthly limit: Cognito's codes use it."""
    sns = target.client("sns", target.parameters["SmsRegion"] or None)
    if sns.get_sms_sandbox_account_status()["IsInSandbox"]:
        yield Row(
            State.WARNING, "", "sandbox: only verified numbers get text messages", "leave the sandbox in this Region"
        )
    else:
        yield Row(State.OK, "", "the account may send to every number")
    attributes = sns.get_sms_attributes(attributes=["MonthlySpendLimit"])["attributes"]
    limit = float(attributes.get("MonthlySpendLimit", FIRST_SPEND_LIMIT))
    if limit <= FIRST_SPEND_LIMIT:
        yield Row(
            State.WARNING, "spend limit of text messages", f"${limit:g} a month", "have it raised", SPEND_LIMIT_PAGE
        )
    else:
        yield Row(State.OK, "spend limit of text messages", f"${limit:g} a month")


def ask_end_user_messaging(target: Target) -> Iterator[Row]:
    """Check the same for AWS End User Messaging if notices use it, and look for a sender."""
    if target.parameters["SmsProvider"] != "eum":
        yield Row(State.OK, "", "not used")
        return
    messaging = target.client("pinpoint-sms-voice-v2")
    attributes = messaging.describe_account_attributes()["AccountAttributes"]
    tier = next((one["Value"] for one in attributes if one["Name"] == "ACCOUNT_TIER"), "unknown")
    if tier == "PRODUCTION":
        yield Row(State.OK, "", "the account may send to every number")
    else:
        yield Row(State.WARNING, "", f"tier {tier}: only verified numbers get messages", "leave the sandbox")
    limits = messaging.describe_spend_limits()["SpendLimits"]
    limit = next((one for one in limits if one["Name"] == "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT"), None)
    if limit is not None:
        dollars = limit["EnforcedLimit"] if limit["Overridden"] else limit["MaxLimit"]
        state = State.WARNING if dollars <= FIRST_SPEND_LIMIT else State.OK
        yield Row(state, "spend limit of AWS End User Messaging", f"${dollars:g} a month", "have it raised")
    if not target.parameters["SmsSender"]:
        yield Row(
            State.WARNING, "sender of text messages", "SmsSender is empty", "set a number, pool or sender id of yours"
        )


# ---------------------------------------------------------------- secrets
PARAMETERS = {
    "PushFcmSecretParameter": ("SecureString", State.MISSING),
    "PushApnsSecretParameter": ("SecureString", State.MISSING),
    "LegacyJwtKeyParameter": ("SecureString", State.WARNING),
    "SmsSecretParameter": ("SecureString", State.WARNING),
    "PaypalSecretParameter": ("SecureString", State.WARNING),
    "DeviceCaParameter": ("String", State.WARNING),
}
"""SSM parameters that the template names: their type, and the state of a missing one. Push is set up on deployment."""


def ask_parameters(target: Target) -> Iterator[Row]:
    """Check the SSM parameters that the template's parameters name; their values are not read."""
    named = {one: target.parameters[one].partition(":")[0] for one in PARAMETERS if target.parameters[one]}
    if not named:
        yield Row(State.OK, "", "none is named")
        return
    ssm = target.client("ssm")
    for parameter, name in named.items():
        kind, absence = PARAMETERS[parameter]
        found = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])["Parameters"]
        if not found:
            yield Row(absence, parameter, f"{name} is not in SSM", f"put it there as a {kind}")
        elif kind == "SecureString" and found[0]["Type"] != kind:
            yield Row(State.WARNING, parameter, f"{name} is a {found[0]['Type']}", "make it a SecureString")
        elif kind == "SecureString" and found[0].get("KeyId", "alias/aws/ssm") != "alias/aws/ssm":
            yield Row(
                absence, parameter, f"{name} is encrypted with another key", "use alias/aws/ssm: no role has more"
            )
        else:
            yield Row(State.OK, parameter, f"{name} is there")


def ask_secrets(target: Target) -> Iterator[Row]:
    """Check the secrets of identity providers; their values are not read."""
    named = {one: target.parameters[one] for one in SIGN_IN_PROVIDERS if target.parameters[one]}
    if not named:
        yield Row(State.OK, "", "none is named")
        return
    secrets = target.client("secretsmanager")
    for parameter, name in named.items():
        found = _found(partial(secrets.describe_secret, SecretId=name))
        if found is None or "DeletedDate" in found:
            yield Row(State.MISSING, parameter, f"{name} is not in Secrets Manager", "put client_id, client_secret in")
        else:
            yield Row(State.OK, parameter, f"{name} is there")


def ask_sign_in_domain(target: Target) -> Iterator[Row]:
    """Check that the Cognito domain for identity providers is available."""
    if not any(target.parameters[one] for one in SIGN_IN_PROVIDERS):
        yield Row(State.OK, "", "not used: no identity provider is set up")
        return
    prefix = target.parameters["SignInDomain"] or f"{target.stack_name}-{target.account}"
    if prefix != prefix.lower() or any(word in prefix for word in NOT_IN_A_DOMAIN):
        words = ", ".join(NOT_IN_A_DOMAIN)
        yield Row(State.MISSING, "", f"{prefix} is refused", f"set SignInDomain: lower case, without {words}")
        return
    cognito = target.client("cognito-idp")
    pool = cognito.describe_user_pool_domain(Domain=prefix)["DomainDescription"].get("UserPoolId")
    outputs = {output["OutputKey"]: output["OutputValue"] for output in (target.stack or {}).get("Outputs", ())}
    if pool and pool != outputs.get("UserPoolId"):
        yield Row(State.MISSING, "", f"{prefix} belongs to the user pool {pool}", "set another SignInDomain")
    else:
        yield Row(State.OK, "", f"{prefix} is this stack's, or free as far as this account can see")
    if any("//localhost" in one for one in target.parameters["AppUrls"].split(",")):
        yield Row(State.WARNING, "AppUrls", "people come back from signing in to a local address", "set AppUrls")


# ---------------------------------------------------------------- functions
def ask_concurrency(target: Target) -> Iterator[Row]:
    """Check that the API's concurrency can be reserved, and that the queues cannot use up all other executions."""
    functions = target.client("lambda")
    limit = functions.get_account_settings()["AccountLimit"]
    reserved = int(target.parameters["ApiReservedConcurrency"])
    if reserved:
        now = _found(lambda: functions.get_function_concurrency(FunctionName=f"{target.stack_name}-api")) or {}
        left = limit["UnreservedConcurrentExecutions"] + now.get("ReservedConcurrentExecutions", 0) - reserved
        subject = "ApiReservedConcurrency"
        if left < UNRESERVED:
            yield Row(
                State.MISSING,
                subject,
                f"{reserved} leave {left} executions unreserved",
                f"{UNRESERVED} must be left: have the quota raised, or set it to 0",
            )
        else:
            yield Row(State.OK, subject, f"{reserved} leave {left} executions unreserved")
    queues = templates.queue_concurrency(target.stacks)
    at_once = limit["ConcurrentExecutions"]
    if at_once < queues + UNRESERVED:
        yield Row(
            State.WARNING,
            "",
            f"{at_once} executions at once; the queues alone may take {queues}",
            "have the quota raised to 1,000",
        )
    else:
        yield Row(State.OK, "", f"{at_once} executions at once; the queues may take {queues}")


def ask_storage(target: Target) -> Iterator[Row]:
    """Check that the packages of functions and layers fit the account's storage."""
    settings = target.client("lambda").get_account_settings()
    left = settings["AccountLimit"]["TotalCodeSize"] - settings["AccountUsage"]["TotalCodeSize"]
    if left < PACKAGES:
        yield Row(State.MISSING, "", f"{left / 1e9:.1f} GB are left for packages", "delete old versions of functions")
    else:
        yield Row(State.OK, "", f"{left / 1e9:.1f} GB are left for packages")


# ---------------------------------------------------------------- quotas
def ask_tables(target: Target) -> Iterator[Row]:
    """Compare the number of tables with the account's quota."""
    names = set(templates.names(target.stacks, "AWS::DynamoDB::Table", "TableName"))
    others = [name for name in _tables(target) if name not in names]
    yield _quota_row(target, "tables", "dynamodb", "L-F98FE922", 2500, len(names), len(others))


def ask_rules(target: Target) -> Iterator[Row]:
    """Compare the number of IoT rules with the account's quota, and report rules of other stacks."""
    iot = target.client("iot")
    names = set(templates.names(target.stacks, "AWS::IoT::TopicRule", "RuleName"))
    pages = iot.get_paginator("list_topic_rules").paginate()
    others = sorted(one["ruleName"] for page in pages for one in page["rules"] if one["ruleName"] not in names)
    yield _quota_row(target, "AWS IoT rules", "iotcore", "L-954FA751", 1000, len(names), len(others))
    if others:
        yield Row(
            State.WARNING,
            "other users of the broker",
            f"{len(others)} rules of others: {', '.join(others[:5])}",
            "their messages on two-level topics are stored as messages to devices: use another account",
        )


def ask_api_resources(target: Target) -> Iterator[Row]:
    """Compare the size of the REST API with the quota of one API."""
    yield _quota_row(
        target, "resources of the API", "apigateway", "L-01C8A9E0", 300, templates.count_api_resources(), 0
    )


def ask_stacks(target: Target) -> Iterator[Row]:
    """Compare the number of stacks with the account's quota, and each template with the resource quota."""
    pages = target.client("cloudformation").get_paginator("describe_stacks").paginate()
    own = target.stack["StackId"] if target.stack else None
    others = [one for page in pages for one in page["Stacks"] if own not in (one["StackId"], one.get("ParentId"))]
    yield _quota_row(target, "stacks", "cloudformation", "L-0485CB21", 2000, len(target.stacks), len(others))
    largest = max(target.stacks, key=templates.count_resources)
    resources = templates.count_resources(largest)
    state = State.OK if resources <= RESOURCES_PER_TEMPLATE else State.MISSING
    yield Row(
        state, "resources of a template", f"{resources} of {RESOURCES_PER_TEMPLATE} in {largest.file}", "nest more"
    )


def ask_event_rules(target: Target) -> Iterator[Row]:
    """Compare the number of EventBridge rules with the quota of the default bus."""
    prefix = f"{target.stack_name}-"
    pages = target.client("events").get_paginator("list_rules").paginate()
    others = sum(1 for page in pages for one in page["Rules"] if not one["Name"].startswith(prefix))
    needed = templates.count_event_rules(target.stacks)
    yield _quota_row(target, "EventBridge rules", "events", "L-244521F2", 300, needed, others)


def ask_roles(target: Target) -> Iterator[Row]:
    """Compare the number of IAM roles with the account's quota, as reported by IAM."""
    summary = target.client("iam").get_account_summary()["SummaryMap"]
    needed = 0 if target.stack else templates.count(target.stacks, "AWS::IAM::Role")
    yield _size_row("", summary["Roles"], needed, summary["RolesQuota"])


def _quota_row(target: Target, subject: str, service: str, code: str, by_default: int, needed: int, others: int) -> Row:
    """Return the row of a quota; AWS's default is used if the account's value cannot be read."""
    try:
        quota = target.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]
        limit, whose = int(quota["Value"]), "the account's quota"
    except (BotoCoreError, ClientError) as failed:
        limit, whose = by_default, f"AWS's default; {reason(failed)}"
    return _size_row(subject, others, needed, limit, whose)


def _size_row(subject: str, others: int, needed: int, limit: int, whose: str = "the account's quota") -> Row:
    found = f"{needed} needed beside {others}, of {limit} ({whose})"
    if needed + others <= limit:
        return Row(State.OK, subject, found)
    return Row(State.MISSING, subject, found, "have the quota raised, or remove what is not used")


# ---------------------------------------------------------------- settings of the whole account
def ask_api_log_role(target: Target) -> Iterator[Row]:
    """Check the role with which API Gateway writes logs: one for the whole account and Region."""
    role = target.client("apigateway").get_account().get("cloudwatchRoleArn") or ""
    is_own = f":role/{target.stack_name}-ApiLogAccountRole-" in role
    if target.parameters["ApiLogRole"] == "existing":
        if role:
            yield Row(State.OK, "", f"the account's own, {role}")
        else:
            yield Row(State.MISSING, "", "the account has none", "set ApiLogRole=create")
    elif role and not is_own:
        yield Row(
            State.WARNING, "", f"the account has {role}, which would be replaced", "set ApiLogRole=existing to keep it"
        )
    else:
        yield Row(State.OK, "", "this stack's own" if role else "the account has none; this stack makes it")


def ask_iot_endpoint(target: Target) -> Iterator[Row]:
    """Look up the data endpoint of devices and functions."""
    host = target.client("iot").describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    given = target.overrides.get("IotEndpoint", host)
    if given != host:
        yield Row(State.WARNING, "", f"IotEndpoint={given}, and the account's is {host}", "leave IotEndpoint out")
    else:
        yield Row(State.OK, "", host)


def ask_iot_logs(target: Target) -> Iterator[Row]:
    """Check whether IotLogLevel would override an existing setting of the account."""
    if target.parameters["IotLogLevel"] == "NONE":
        yield Row(State.OK, "", "the account's setting stays as it is")
        return
    options = _found(target.client("iot").get_v2_logging_options) or {}
    role = options.get("roleArn", "")
    if role and f":role/{target.stack_name}-" not in role:
        yield Row(
            State.WARNING, "", f"the account logs with {role}", "leave IotLogLevel=NONE, unless it may be replaced"
        )
    else:
        yield Row(State.OK, "", "the account has no setting of its own")


def _found(ask: Any) -> dict[str, Any] | None:
    """Return AWS's response; None if the resource does not exist."""
    try:
        answer: dict[str, Any] = ask()
    except ClientError as failed:
        if error_code(failed) in (*MISSING_CODES, "NotConfiguredException"):
            return None
        raise
    return answer


def _tables(target: Target) -> list[str]:
    pages = target.client("dynamodb").get_paginator("list_tables").paginate()
    return [name for page in pages for name in page["TableNames"]]


SPEND_LIMIT_PAGE = f"{AWS}/sms-voice/latest/userguide/awssupport-spend-threshold.html"
QUOTA = "servicequotas:GetServiceQuota"

CHECKS = (
    Check(
        "stack",
        ask_stack,
        ("cloudformation:DescribeStacks",),
        f"{AWS}/AWSCloudFormation/latest/UserGuide/view-stack-events.html",
    ),
    Check(
        "one stack per account and Region",
        ask_other_stacks,
        ("cloudformation:DescribeStacks",),
        "docs/decisions/0057-deployment-settings.md",
    ),
    Check(
        "names of tables and log groups",
        ask_remains,
        ("cloudformation:DescribeStacks", "dynamodb:ListTables", "logs:DescribeLogGroups"),
        "docs/how-to/deploy.md",
    ),
    Check(
        "Amazon SES",
        ask_mail,
        ("cloudformation:DescribeStacks", "ses:GetAccount", "ses:GetEmailIdentity"),
        f"{AWS}/ses/latest/dg/request-production-access.html",
    ),
    Check(
        "text messages",
        ask_text_messages,
        ("cloudformation:DescribeStacks", "sns:GetSMSSandboxAccountStatus", "sns:GetSMSAttributes"),
        f"{AWS}/sns/latest/dg/sns-sms-sandbox.html",
    ),
    Check(
        "AWS End User Messaging",
        ask_end_user_messaging,
        ("cloudformation:DescribeStacks", "sms-voice:DescribeAccountAttributes", "sms-voice:DescribeSpendLimits"),
        f"{AWS}/sms-voice/latest/userguide/sandbox.html",
    ),
    Check(
        "SSM parameters",
        ask_parameters,
        ("cloudformation:DescribeStacks", "ssm:DescribeParameters"),
        f"{AWS}/systems-manager/latest/userguide/sysman-paramstore-securestring.html",
    ),
    Check(
        "secrets of identity providers",
        ask_secrets,
        ("cloudformation:DescribeStacks", "secretsmanager:DescribeSecret"),
        f"{AWS}/secretsmanager/latest/userguide/create_secret.html",
    ),
    Check(
        "sign-in domain",
        ask_sign_in_domain,
        ("cloudformation:DescribeStacks", "cognito-idp:DescribeUserPoolDomain"),
        f"{AWS}/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html",
    ),
    Check(
        "concurrent executions",
        ask_concurrency,
        ("cloudformation:DescribeStacks", "lambda:GetAccountSettings", "lambda:GetFunctionConcurrency"),
        f"{AWS}/lambda/latest/dg/lambda-concurrency.html",
    ),
    Check(
        "storage of functions",
        ask_storage,
        ("lambda:GetAccountSettings",),
        f"{AWS}/lambda/latest/dg/gettingstarted-limits.html",
    ),
    Check("tables", ask_tables, ("cloudformation:DescribeStacks", "dynamodb:ListTables", QUOTA), QUOTAS),
    Check("AWS IoT rules", ask_rules, ("cloudformation:DescribeStacks", "iot:ListTopicRules", QUOTA), QUOTAS),
    Check("resources of the API", ask_api_resources, (QUOTA,), QUOTAS),
    Check("stacks", ask_stacks, ("cloudformation:DescribeStacks", QUOTA), QUOTAS),
    Check("EventBridge rules", ask_event_rules, ("cloudformation:DescribeStacks", "events:ListRules", QUOTA), QUOTAS),
    Check("IAM roles", ask_roles, ("cloudformation:DescribeStacks", "iam:GetAccountSummary"), QUOTAS),
    Check(
        "log role of API Gateway",
        ask_api_log_role,
        ("cloudformation:DescribeStacks", "apigateway:GET"),
        f"{AWS}/apigateway/latest/developerguide/set-up-logging.html",
    ),
    Check(
        "AWS IoT endpoint",
        ask_iot_endpoint,
        ("iot:DescribeEndpoint",),
        f"{AWS}/iot/latest/developerguide/iot-connect-devices.html",
    ),
    Check(
        "AWS IoT logs",
        ask_iot_logs,
        ("cloudformation:DescribeStacks", "iot:GetV2LoggingOptions"),
        f"{AWS}/iot/latest/developerguide/configure-logging.html",
    ),
)
"""All checks, in the order of printing."""
