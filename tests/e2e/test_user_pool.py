"""The user pool of infrastructure/identity.yaml on a patched emulator: rejections and messages like Cognito's, and the
identity providers."""

import base64
import hashlib
import hmac
import json
import re
import struct
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from simulators.cloud import outbox
from simulators.cloud.deployment import client
from simulators.cloud.instance import ROOT, Place

TEMPLATE = (ROOT / "infrastructure" / "identity.yaml").read_text()
PARAMETERS = {
    "AccessTokenMinutes": "60",
    "RefreshTokenDays": "30",
    "PasswordLength": "8",
    "DataProtection": "false",
    "FacebookSecret": "",
    "GoogleSecret": "",
    "AmazonSecret": "",
    "SignInDomain": "",
    "AppUrls": "http://localhost:8100",
    "MailSender": "",
    "MailIdentity": "",
    "SmsRegion": "",
}
PASSWORD = "correct-horse-battery"
PHONE = "+6500000001"
AwsClient = Callable[[str], Any]


@pytest.fixture(scope="module")
def aws_at(place: Place) -> AwsClient:
    return lambda service: client(place, service)


@pytest.fixture(scope="module")
def cognito(aws_at: AwsClient) -> Any:
    return aws_at("cognito-idp")


@pytest.fixture(scope="module")
def pool(aws_at: AwsClient) -> dict[str, str]:
    return deploy(aws_at, "plain")


def deploy(aws: AwsClient, name: str, **parameters: str) -> dict[str, str]:
    """Deploy the template and return its outputs."""
    cloudformation = aws("cloudformation")
    given = PARAMETERS | {"Name": name} | parameters
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=TEMPLATE,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def sign_up(cognito: Any, pool: dict[str, str], *, confirmed: bool = True) -> str:
    """Make an account and return its address."""
    email = f"{uuid4().hex[:12]}@example.com"
    attributes = [{"Name": "email", "Value": email}, {"Name": "phone_number", "Value": PHONE}]
    cognito.sign_up(ClientId=pool["UserPoolClientId"], Username=email, Password=PASSWORD, UserAttributes=attributes)
    if confirmed:
        cognito.confirm_sign_up(ClientId=pool["UserPoolClientId"], Username=email, ConfirmationCode="123456")
    return email


def sign_in(cognito: Any, pool: dict[str, str], email: str) -> Any:
    return cognito.admin_initiate_auth(
        UserPoolId=pool["UserPoolId"],
        ClientId=pool["UserPoolClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
    )


def token_of(cognito: Any, pool: dict[str, str], email: str) -> str:
    return str(sign_in(cognito, pool, email)["AuthenticationResult"]["AccessToken"])


def attributes_of(cognito: Any, token: str) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in cognito.get_user(AccessToken=token)["UserAttributes"]}


def newest_code(place: Place, recipient: str) -> str:
    texts = [sent.text for sent in outbox.read(place.endpoint_url) if sent.recipient == recipient]
    return re.findall(r"\b[0-9]{6}\b", texts[-1])[-1]


def refusal(call: Callable[..., Any], **parameters: Any) -> str:
    """Return the code of the error that a call raises."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])


def totp(secret: str) -> str:
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time() // 30)), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def test_a_confirmed_address_is_verified(cognito: Any, pool: dict[str, str]) -> None:
    token = token_of(cognito, pool, sign_up(cognito, pool))

    assert attributes_of(cognito, token)["email_verified"] == "true"


def test_a_code_is_shown_as_it_leaves(cognito: Any, pool: dict[str, str], place: Place) -> None:
    email = sign_up(cognito, pool, confirmed=False)

    shown = [json.loads(line) for line in place.function_log.read_text().splitlines()]

    lines = [each["line"] for each in shown if each["function"] == "outbox" and email in each["line"]]
    assert lines == [f"e-mail to {email}: Your verification code | Your verification code is 123456."]


def test_who_is_confirmed_gets_no_new_code(cognito: Any, pool: dict[str, str]) -> None:
    email = sign_up(cognito, pool)

    code = refusal(cognito.resend_confirmation_code, ClientId=pool["UserPoolClientId"], Username=email)

    assert code == "InvalidParameterException"


def test_who_is_not_confirmed_gets_no_code_for_a_new_password(cognito: Any, pool: dict[str, str]) -> None:
    email = sign_up(cognito, pool, confirmed=False)

    code = refusal(cognito.forgot_password, ClientId=pool["UserPoolClientId"], Username=email)

    assert code == "InvalidParameterException"


def test_a_password_is_taken_from_the_api_alone(cognito: Any, pool: dict[str, str]) -> None:
    email = sign_up(cognito, pool)

    code = refusal(
        cognito.initiate_auth,
        ClientId=pool["UserPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
    )

    assert code == "InvalidParameterException"


def test_a_phone_is_verified_by_its_code_once(cognito: Any, pool: dict[str, str], place: Place) -> None:
    token = token_of(cognito, pool, sign_up(cognito, pool))
    attribute = {"AccessToken": token, "AttributeName": "phone_number"}
    assert refusal(cognito.verify_user_attribute, **attribute, Code="123456") == "ExpiredCodeException"
    cognito.get_user_attribute_verification_code(**attribute)
    code = newest_code(place, PHONE)
    wrong = "000000" if code != "000000" else "111111"
    assert refusal(cognito.verify_user_attribute, **attribute, Code=wrong) == "CodeMismatchException"

    cognito.verify_user_attribute(**attribute, Code=code)

    assert attributes_of(cognito, token)["phone_number_verified"] == "true"
    assert refusal(cognito.verify_user_attribute, **attribute, Code=code) == "ExpiredCodeException"


def test_a_changed_phone_is_unverified_and_an_empty_one_goes(cognito: Any, pool: dict[str, str], place: Place) -> None:
    token = token_of(cognito, pool, sign_up(cognito, pool))
    attribute = {"AccessToken": token, "AttributeName": "phone_number"}
    cognito.get_user_attribute_verification_code(**attribute)
    cognito.verify_user_attribute(**attribute, Code=newest_code(place, PHONE))

    def set_phone(number: str) -> dict[str, str]:
        cognito.update_user_attributes(AccessToken=token, UserAttributes=[{"Name": "phone_number", "Value": number}])
        return attributes_of(cognito, token)

    assert set_phone("+6511111111")["phone_number_verified"] == "false"
    assert not {"phone_number", "phone_number_verified"} & set(set_phone(""))
    assert refusal(cognito.get_user_attribute_verification_code, **attribute) == "InvalidParameterException"


def test_nobody_writes_that_an_address_is_verified(cognito: Any, pool: dict[str, str]) -> None:
    token = token_of(cognito, pool, sign_up(cognito, pool))

    code = refusal(
        cognito.update_user_attributes,
        AccessToken=token,
        UserAttributes=[{"Name": "phone_number_verified", "Value": "true"}],
    )

    assert code == "NotAuthorizedException"


def test_a_second_factor_is_preferred_once_it_is_set_up_only(cognito: Any, pool: dict[str, str]) -> None:
    token = token_of(cognito, pool, sign_up(cognito, pool))
    preference = {"AccessToken": token, "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    assert refusal(cognito.set_user_mfa_preference, **preference) == "InvalidParameterException"
    secret = cognito.associate_software_token(AccessToken=token)["SecretCode"]

    cognito.verify_software_token(AccessToken=token, UserCode=totp(secret))

    assert cognito.get_user(AccessToken=token).get("UserMFASettingList", []) == []
    cognito.set_user_mfa_preference(**preference)
    assert cognito.get_user(AccessToken=token)["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


def test_a_challenge_is_answered_in_its_own_session_only(cognito: Any, pool: dict[str, str], place: Place) -> None:
    email = sign_up(cognito, pool)
    token = token_of(cognito, pool, email)
    cognito.set_user_mfa_preference(AccessToken=token, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    asked = sign_in(cognito, pool, email)
    assert asked["ChallengeName"] == "SMS_MFA"
    name = asked["ChallengeParameters"]["USER_ID_FOR_SRP"]
    code = newest_code(place, PHONE)
    answer = {
        "UserPoolId": pool["UserPoolId"],
        "ClientId": pool["UserPoolClientId"],
        "ChallengeName": "SMS_MFA",
        "Session": asked["Session"],
        "ChallengeResponses": {"USERNAME": name, "SMS_MFA_CODE": code},
    }
    respond = cognito.admin_respond_to_auth_challenge

    assert refusal(respond, **answer | {"Session": "A" * 44}) == "NotAuthorizedException"
    wrong = {"ChallengeResponses": {"USERNAME": name, "SMS_MFA_CODE": "wrong"}}
    assert refusal(respond, **answer | wrong) == "CodeMismatchException"
    assert respond(**answer)["AuthenticationResult"]["AccessToken"]
    assert refusal(respond, **answer) == "NotAuthorizedException"


def test_without_credentials_no_identity_provider_is_offered(cognito: Any, pool: dict[str, str]) -> None:
    app = cognito.describe_user_pool_client(UserPoolId=pool["UserPoolId"], ClientId=pool["UserPoolClientId"])

    assert cognito.list_identity_providers(UserPoolId=pool["UserPoolId"])["Providers"] == []
    assert app["UserPoolClient"]["SupportedIdentityProviders"] == ["COGNITO"]
    assert app["UserPoolClient"]["AllowedOAuthFlowsUserPoolClient"] is False
    assert pool["SignInHost"] == ""


@pytest.mark.parametrize(
    ("parameter", "provider", "given_name"),
    [
        ("FacebookSecret", "Facebook", "first_name"),
        ("GoogleSecret", "Google", "given_name"),
        ("AmazonSecret", "LoginWithAmazon", "name"),
    ],
)
def test_each_identity_provider_is_offered_once_it_has_credentials(
    aws_at: AwsClient, cognito: Any, parameter: str, provider: str, given_name: str
) -> None:
    secret = {"client_id": f"id-at-{provider}", "client_secret": f"secret-of-{provider}"}
    aws_at("secretsmanager").create_secret(Name=f"iotcloud/{provider}", SecretString=json.dumps(secret))

    pool = deploy(aws_at, provider.lower(), **{parameter: f"iotcloud/{provider}", "SignInDomain": provider.lower()})

    described = cognito.describe_identity_provider(UserPoolId=pool["UserPoolId"], ProviderName=provider)
    details = described["IdentityProvider"]["ProviderDetails"]
    assert (details["client_id"], details["client_secret"]) == (secret["client_id"], secret["client_secret"])
    assert described["IdentityProvider"]["AttributeMapping"]["given_name"] == given_name
    client_id = pool["UserPoolClientId"]
    app = cognito.describe_user_pool_client(UserPoolId=pool["UserPoolId"], ClientId=client_id)["UserPoolClient"]
    assert app["SupportedIdentityProviders"] == ["COGNITO", provider]
    assert app["AllowedOAuthFlows"] == ["code"]
    assert set(app["AllowedOAuthScopes"]) == {"openid", "email", "phone", "aws.cognito.signin.user.admin"}
    assert app["CallbackURLs"] == ["http://localhost:8100"]
    assert pool["SignInHost"].startswith(f"{provider.lower()}.auth.")
