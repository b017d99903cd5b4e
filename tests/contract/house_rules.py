"""The rules for templates, as code: each takes the deployment and yields its violations, with their place.

`test_template.py` checks our templates against all of them, and each rule against a template that violates it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests.contract.deployment import NESTED_STACK, Deployment, Node, Resource, Template, as_list, values

Rule = Callable[[Deployment], Iterator[str]]
RULES: list[Rule] = []

ROLE = "AWS::IAM::Role"
QUEUE = "AWS::SQS::Queue"
ALARM = "AWS::CloudWatch::Alarm"
LOG_GROUP = "AWS::Logs::LogGroup"
TOPIC_RULE = "AWS::IoT::TopicRule"
TABLE = "AWS::DynamoDB::Table"

FOURTEEN_DAYS_SECONDS = 1_209_600
"""The maximum retention of SQS."""
VISIBILITY_FACTOR = 6
"""Minimum ratio of a queue's visibility timeout to its function's timeout (AWS Lambda developer guide, SQS)."""
WITHOUT_RESOURCE_LEVEL = {
    "iot:CreateCertificateFromCsr",
    "iot:DescribeEndpoint",
    "iot:ListAttachedPolicies",
    "iot:ListPolicyPrincipals",
    "iot:ListPrincipalPolicies",
    "iot:RegisterCertificate",
    "iot:RegisterThing",
    "sns:CreatePlatformApplication",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""Actions without resource-level permissions (Service Authorization Reference)."""
MANAGED_POLICIES = {"arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"}
"""AWS managed policies that are as narrow as our own would be."""
SYNCHRONOUS_EVENTS = {"Api", "SQS"}
SYNCHRONOUS_CALLERS = {"apigateway.amazonaws.com", "cognito-idp.amazonaws.com", "iot.amazonaws.com"}
"""Services that wait for the answer; AWS IoT does when it asks a provisioning hook, and no rule of ours calls one."""
OTHERS_ACT_FOR_OTHERS = {"apigateway.amazonaws.com", "lambda.amazonaws.com", "sns.amazonaws.com"}
"""Services that accept a role only from a caller with iam:PassRole, so no condition against confused deputies."""


def rule(check: Rule) -> Rule:
    RULES.append(check)
    return check


@rule
def nested_stacks_are_plain_cloudformation(deployment: Deployment) -> Iterator[str]:
    for template in deployment.nested.values():
        if "Transform" in template.body:
            yield f"{template.name} has a transform"
        for name, resource in template.resources().items():
            if resource["Type"].startswith("AWS::Serverless::"):
                yield f"{template.name}: {name} is a {resource['Type']}"


@rule
def nested_stacks_fit_their_parent(deployment: Deployment) -> Iterator[str]:
    for name, stack in deployment.root.resources(NESTED_STACK).items():
        child = deployment.nested[name]
        given = set(stack["Properties"].get("Parameters", {}))
        wanted = {key for key, parameter in child.parameters().items() if "Default" not in parameter}
        if given - set(child.parameters()) or wanted - given:
            yield f"{name}: parameters differ from {child.name}: {given ^ wanted}"
    for args in values(deployment.root.body, "Fn::GetAtt"):
        if (
            args[0] in deployment.nested
            and args[1].removeprefix("Outputs.") not in deployment.nested[args[0]].outputs()
        ):
            yield f"{'.'.join(args)} is not an output"


@rule
def parameters_say_what_they_are_for(deployment: Deployment) -> Iterator[str]:
    for template in deployment.templates:
        for name, parameter in template.parameters().items():
            if not parameter.get("Description"):
                yield f"{template.name}: {name} has no description"
            if template is deployment.root and "Default" not in parameter:
                yield f"{template.name}: {name} has no default"


@rule
def each_function_has_its_own_role(deployment: Deployment) -> Iterator[str]:
    users: dict[str, str] = {}
    for function, properties in deployment.functions():
        role = deployment.follow(function.template, properties.get("Role"))
        if role is None or role.name not in role.template.resources(ROLE):
            yield f"{function} has no role of ours"
        elif str(role) in users:
            yield f"{function} shares {role} with {users[str(role)]}"
        else:
            users[str(role)] = str(function)


@rule
def a_function_whose_messages_come_back_to_it_is_allowed_to(deployment: Deployment) -> Iterator[str]:
    """Lambda stops a loop after 16 rounds unless told otherwise (its developer guide, "Recursive loop detection")."""
    functions = {str(function): properties for function, properties in deployment.functions()}
    readers = {str(queue): str(function) for function, queue in _reads(deployment)}
    next_ones: dict[str, set[str]] = {}
    for function, queue in _sends(deployment):
        if str(queue) in readers:
            next_ones.setdefault(str(function), set()).add(readers[str(queue)])
    for name, properties in functions.items():
        reached: set[str] = set()
        ahead = set(next_ones.get(name, ()))
        while ahead - reached:
            reached |= ahead
            ahead = {one for step in reached for one in next_ones.get(step, ())}
        if name in reached and properties.get("RecursiveLoop") != "Allow":
            yield f"{name} is sent what it sent: RecursiveLoop must be Allow"


@rule
def each_function_has_a_log_group(deployment: Deployment) -> Iterator[str]:
    for function, properties in deployment.functions():
        logging = properties.get("LoggingConfig", {})
        group = deployment.follow(function.template, logging.get("LogGroup"))
        if group is None or group.name not in group.template.resources(LOG_GROUP):
            yield f"{function} has no log group of ours"
        if logging.get("LogFormat") != "JSON":
            yield f"{function} does not log JSON"


@rule
def logs_are_not_kept_for_ever(deployment: Deployment) -> Iterator[str]:
    for group in deployment.resources(LOG_GROUP):
        if "RetentionInDays" not in group.properties:
            yield f"{group} is kept for ever"


@rule
def each_function_has_an_alarm_for_its_errors(deployment: Deployment) -> Iterator[str]:
    watched = set(_watched(deployment, "AWS/Lambda", "Errors", "FunctionName"))
    for function, _ in deployment.functions():
        if str(function) not in watched:
            yield f"{function} has no alarm for errors"


@rule
def alarms_are_read(deployment: Deployment) -> Iterator[str]:
    for alarm in deployment.resources(ALARM):
        properties = alarm.properties
        if not properties.get("AlarmActions"):
            yield f"{alarm} tells nobody"
        if not properties.get("AlarmDescription"):
            yield f"{alarm} does not say what to do"
        if "TreatMissingData" not in properties:
            yield f"{alarm} does not say what silence means"


@rule
def what_is_called_and_not_waited_for_keeps_its_failures(deployment: Deployment) -> Iterator[str]:
    called = {str(function) for function in _called_asynchronously(deployment)}
    for function, properties in deployment.functions():
        kept = "DeadLetterQueue" in properties or list(values(properties.get("EventInvokeConfig"), "OnFailure"))
        if str(function) in called and not kept:
            yield f"{function} is called asynchronously, and what fails is lost"


@rule
def queues_with_a_reader_have_a_dead_letter_queue(deployment: Deployment) -> Iterator[str]:
    for queue, _, _ in _read_queues(deployment):
        redrive = queue.properties.get("RedrivePolicy", {})
        if deployment.follow(queue.template, redrive.get("deadLetterTargetArn")) is None:
            yield f"{queue} has no dead-letter queue"


@rule
def queues_hide_a_message_long_enough(deployment: Deployment) -> Iterator[str]:
    for queue, function, event in _read_queues(deployment):
        needed = VISIBILITY_FACTOR * function["Timeout"] + event.get("MaximumBatchingWindowInSeconds", 0)
        if queue.properties.get("VisibilityTimeout", 30) < needed:
            yield f"{queue} shows a message again before {needed} s"


@rule
def batches_fail_in_part(deployment: Deployment) -> Iterator[str]:
    for queue, _, event in _read_queues(deployment):
        if event.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"the reader of {queue} fails as a whole"


@rule
def queues_without_a_reader_wait_for_a_person(deployment: Deployment) -> Iterator[str]:
    read = {str(queue) for queue, _, _ in _read_queues(deployment)}
    watched = set(_watched(deployment, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName"))
    for queue in deployment.resources(QUEUE):
        if str(queue) in read:
            continue
        if queue.properties.get("MessageRetentionPeriod") != FOURTEEN_DAYS_SECONDS:
            yield f"{queue} does not keep messages for 14 days"
        if str(queue) not in watched:
            yield f"{queue} has no alarm"


@rule
def queues_are_encrypted(deployment: Deployment) -> Iterator[str]:
    for queue in deployment.resources(QUEUE):
        if queue.properties.get("SqsManagedSseEnabled") is not True and "KmsMasterKeyId" not in queue.properties:
            yield f"{queue} is not encrypted"


@rule
def rules_have_an_error_action(deployment: Deployment) -> Iterator[str]:
    for topic_rule in deployment.resources(TOPIC_RULE):
        payload = topic_rule.properties["TopicRulePayload"]
        queue = deployment.follow(topic_rule.template, payload.get("ErrorAction", {}).get("Sqs", {}).get("QueueUrl"))
        if queue is None or queue.name not in queue.template.resources(QUEUE):
            yield f"{topic_rule} loses what its action refuses"
        if payload.get("AwsIotSqlVersion") != "2016-03-23":
            yield f"{topic_rule} is not of SQL version 2016-03-23"


@rule
def rights_name_their_actions_and_resources(deployment: Deployment) -> Iterator[str]:
    for where, statement in _statements(deployment):
        for action in as_list(statement.get("Action", "*")):
            if "*" in action:
                yield f"{where} allows {action}"
        if "*" in as_list(statement.get("Resource", ())):
            for action in set(as_list(statement["Action"])) - WITHOUT_RESOURCE_LEVEL:
                yield f"{where} allows {action} on everything"
        else:
            for action in set(as_list(statement.get("Action", ()))) & WITHOUT_RESOURCE_LEVEL:
                yield f"{where} allows {action} on nothing: AWS knows no resource for it"


@rule
def a_right_to_everything_says_why(deployment: Deployment) -> Iterator[str]:
    for template in deployment.templates:
        for number, line in enumerate(template.text.splitlines(), 1):
            if line.replace("'", '"').strip().startswith('Resource: "*"') and "#" not in line:
                yield f"{template.name}:{number} does not say why"


@rule
def policies_are_our_own(deployment: Deployment) -> Iterator[str]:
    for role in deployment.resources(ROLE):
        for policy in role.properties.get("ManagedPolicyArns", []):
            if policy.get("Fn::Sub") not in MANAGED_POLICIES:
                yield f"{role} has {policy}"


@rule
def roles_are_taken_for_this_account_only(deployment: Deployment) -> Iterator[str]:
    for role in deployment.resources(ROLE):
        for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]:
            service = statement["Principal"].get("Service")
            if list(statement["Principal"]) == ["AWS"] and "Fn::GetAtt" in statement["Principal"]["AWS"]:
                continue  # another role of this stack, and so of this account
            conditions = statement.get("Condition", {}).get("StringEquals", {})
            if not isinstance(service, str):
                yield f"{role} is not for one service"
            elif service not in OTHERS_ACT_FOR_OTHERS and "aws:SourceAccount" not in conditions:
                yield f"{role} may be taken by {service} for another account"


@rule
def tables_are_cheap_when_idle_forget_and_are_encrypted(deployment: Deployment) -> Iterator[str]:
    for table in deployment.resources(TABLE):
        properties = table.properties
        if properties.get("BillingMode") != "PAY_PER_REQUEST":
            yield f"{table} is not on demand"
        if properties.get("TimeToLiveSpecification") != {"AttributeName": "expires_at", "Enabled": True}:
            yield f"{table} does not expire by expires_at"
        if properties.get("SSESpecification") != {"SSEEnabled": True}:
            yield f"{table} is not encrypted with the account's key"


@rule
def tables_can_be_protected_and_restored(deployment: Deployment) -> Iterator[str]:
    for table in deployment.resources(TABLE):
        properties = table.properties
        if properties.get("DeletionProtectionEnabled") != {"Ref": "DataProtection"}:
            yield f"{table} cannot be protected"
        if list(values(properties, "PointInTimeRecoveryEnabled")) != [{"Ref": "PointInTimeRecovery"}]:
            yield f"{table} cannot be restored"
        if table.template.resources()[table.name].get("UpdateReplacePolicy") != "Retain":
            yield f"{table} goes when an update replaces it"


def _reads(deployment: Deployment) -> Iterator[tuple[Resource, Resource]]:
    """Every function and each queue that it reads."""
    for function, properties in deployment.functions():
        for value in values(properties.get("Events"), "Queue"):
            if queue := deployment.follow(function.template, value):
                yield function, queue


def _sends(deployment: Deployment) -> Iterator[tuple[Resource, Resource]]:
    """Every function and each queue that its role lets it send to."""
    for function, properties in deployment.functions():
        role = deployment.follow(function.template, properties.get("Role"))
        found = values(role.properties, "Statement") if role else ()
        for statement in (one for several in found for one in as_list(several)):
            if "sqs:SendMessage" in as_list(statement.get("Action")):
                for value in as_list(statement["Resource"]):
                    if role and (queue := deployment.follow(role.template, value)):
                        yield function, queue


def _watched(deployment: Deployment, namespace: str, metric: str, dimension: str) -> Iterator[str]:
    """The resources for which there is an alarm on a metric."""
    for alarm in deployment.resources(ALARM):
        if (alarm.properties.get("Namespace"), alarm.properties.get("MetricName")) != (namespace, metric):
            continue
        for entry in alarm.properties.get("Dimensions", []):
            if entry["Name"] == dimension:
                yield str(deployment.follow(alarm.template, entry["Value"]))


def _called_asynchronously(deployment: Deployment) -> Iterator[Resource]:
    for function, properties in deployment.functions():
        if any(event["Type"] not in SYNCHRONOUS_EVENTS for event in properties.get("Events", {}).values()):
            yield function
    for permission in deployment.resources("AWS::Lambda::Permission"):
        if permission.properties["Principal"] not in SYNCHRONOUS_CALLERS:
            function = deployment.follow(permission.template, permission.properties["FunctionName"])
            if function is not None:
                yield function


def _read_queues(deployment: Deployment) -> Iterator[tuple[Resource, Node, Node]]:
    """Every queue that a function reads, the function's properties, and those of the event that joins them."""
    for function, properties in deployment.functions():
        for event in properties.get("Events", {}).values():
            if event["Type"] == "SQS":
                queue = deployment.follow(function.template, event["Properties"]["Queue"])
                if queue is not None:
                    yield queue, properties, event["Properties"]


def _statements(deployment: Deployment) -> Iterator[tuple[str, Node]]:
    """Every statement of every identity policy, and where it stands."""
    for template in deployment.templates:
        for name, resource in template.resources().items():
            if resource["Type"] in (ROLE, "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
                yield from _of_policies(template, name, resource["Properties"])


def _of_policies(template: Template, name: str, properties: Any) -> Iterator[tuple[str, Node]]:
    for document in values(properties, "PolicyDocument"):
        for statement in as_list(document["Statement"]):
            yield f"{template.name}: {name}", statement
