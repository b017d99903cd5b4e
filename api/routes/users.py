"""Users: sign-up, sign-in, tokens and profile."""

from api.operations import Authentication, Call, Routes
from iotcloud.errors import (
    AlreadyExists,
    EmptyParameter,
    InvalidCode,
    InvalidCredentialToken,
    InvalidInput,
    MissingParameter,
    NotAuthenticated,
    NotFound,
    PasswordRefused,
    RefreshTokenInvalid,
    RequestRefused,
    TokensMissing,
    TooManyRequests,
    UsernameTaken,
)
from iotcloud.schema import Answer
from iotcloud.users.schema import (
    ChallengeBody,
    ChangePasswordBody,
    ConfirmationBody,
    ConfirmSignUpBody,
    CurrentPasswordBody,
    ExportAnswer,
    ForgotPasswordAnswer,
    ForgotPasswordBody,
    IdpCodeAnswer,
    IdpCodeBody,
    LogInAnswer,
    MfaAnswer,
    PreferencesAnswer,
    PreferencesBody,
    RefreshBody,
    SignUpBody,
    TokenAnswer,
    TokenSet,
    TotpAnswer,
    TotpCodeBody,
    UpdateUserBody,
    UserAnswer,
    UsernameBody,
)
from iotcloud.wiring import wiring

routes = Routes("Users")


@routes.operation(
    "1A",
    "SIGN-UP",
    "POST",
    "/user/signup",
    request=SignUpBody,
    answer=Answer,
    errors=(
        EmptyParameter,
        InvalidInput,
        MissingParameter,
        NotAuthenticated,
        PasswordRefused,
        TooManyRequests,
        UsernameTaken,
    ),
    authentication=Authentication.CREDENTIALS,
)
def sign_up(call: Call[SignUpBody]) -> Answer:
    """Create an account. The header carries the e-mail address and the password; a code goes to the address.

    An existing unconfirmed account is replaced.
    """
    credentials = wiring().users.credentials.read_header(call.authorization)
    wiring().users.accounts.sign_up(credentials, call.body.email, call.body.name, call.body.phone_number)
    return Answer(message="Confirmation code sent")


@routes.operation(
    "1B",
    "CONFIRM SIGN-UP",
    "POST",
    "/user/confirm_signup",
    request=ConfirmSignUpBody,
    answer=Answer,
    errors=(EmptyParameter, InvalidCode, InvalidInput, MissingParameter, TooManyRequests),
    authentication=Authentication.NONE,
)
def confirm_sign_up(call: Call[ConfirmSignUpBody]) -> Answer:
    """Confirm an account with the code that was sent to its address. Without a code, it is sent again (1C)."""
    wiring().users.accounts.confirm_sign_up(call.body.username, call.body.confirmationcode)
    return Answer()


@routes.operation(
    "1C",
    "RESEND CONFIRMATION CODE",
    "POST",
    "/user/resend_confirmation_code",
    request=UsernameBody,
    answer=Answer,
    errors=(EmptyParameter, InvalidInput, MissingParameter, TooManyRequests),
    authentication=Authentication.NONE,
    call_name="resend_confirmation_code",
)
def resend_code(call: Call[UsernameBody]) -> Answer:
    """Send the confirmation code again. The response is the same if the account does not exist or needs no code."""
    wiring().users.accounts.resend_code(call.body.username)
    return Answer(message="Confirmation code sent")


@routes.operation(
    "1D",
    "FORGOT PASSWORD",
    "POST",
    "/user/forgot_password",
    request=ForgotPasswordBody,
    answer=ForgotPasswordAnswer,
    errors=(EmptyParameter, InvalidInput, MissingParameter, TooManyRequests),
    authentication=Authentication.NONE,
)
def forgot_password(call: Call[ForgotPasswordBody]) -> ForgotPasswordAnswer:
    """Send a code for a password reset. The response is the same if the account does not exist."""
    return ForgotPasswordAnswer(
        message="Confirmation code sent", username=wiring().users.passwords.forgot_password(call.body.email)
    )


@routes.operation(
    "1E",
    "CONFIRM FORGOT PASSWORD",
    "POST",
    "/user/confirm_forgot_password",
    request=ConfirmationBody,
    answer=Answer,
    errors=(
        EmptyParameter,
        InvalidCode,
        InvalidInput,
        MissingParameter,
        NotAuthenticated,
        PasswordRefused,
        TooManyRequests,
    ),
    authentication=Authentication.CREDENTIALS,
)
def confirm_forgot_password(call: Call[ConfirmationBody]) -> Answer:
    """Set a new password with the code. The header carries the user name and the new password.

    All sessions of the account end; their access tokens are rejected within half a minute.
    """
    credentials = wiring().users.credentials.read_header(call.authorization)
    wiring().users.passwords.confirm_forgot_password(credentials, call.body.confirmationcode)
    return Answer()


@routes.operation(
    "1F",
    "LOGIN",
    "POST",
    "/user/login",
    answer=LogInAnswer,
    errors=(EmptyParameter, NotAuthenticated, TooManyRequests),
    authentication=Authentication.CREDENTIALS,
)
def log_in(call: Call[None]) -> LogInAnswer:
    """Check the password in the header. Returns tokens, or a challenge if a second factor is enabled.

    The response is the same for an unknown user and a wrong password.
    """
    return LogInAnswer.of(wiring().users.sessions.log_in(wiring().users.credentials.read_header(call.authorization)))


@routes.operation(
    "1.1",
    "ANSWER LOGIN CHALLENGE",
    "POST",
    "/user/login/challenge",
    request=ChallengeBody,
    answer=LogInAnswer,
    errors=(EmptyParameter, InvalidCode, InvalidInput, MissingParameter, NotAuthenticated, TooManyRequests),
    authentication=Authentication.NONE,
    call_name="answer_login_challenge",
)
def answer_challenge(call: Call[ChallengeBody]) -> LogInAnswer:
    """Continue a login that requires a code or a new password. Returns tokens, or another challenge."""
    return LogInAnswer.of(wiring().users.sessions.answer_challenge(call.body.read(), call.body.answer))


@routes.operation(
    "1G",
    "LOGOUT",
    "POST",
    "/user/logout",
    answer=Answer,
    authentication=Authentication.OPTIONAL,
)
def log_out(call: Call[None]) -> Answer:
    """Stop push messages to the phone of this sign-in. The header has the access token; the response is OK for any."""
    wiring().users.sessions.log_out(call.authorization.rpartition(" ")[2])
    return Answer()


@routes.operation("1H", "GET USER INFO", "GET", "/user", answer=UserAnswer, errors=(NotAuthenticated,))
def get_user(call: Call[None]) -> UserAnswer:
    """Return the caller's account."""
    return UserAnswer.of(wiring().users.profiles.get_user(call.caller.access_token))


@routes.operation(
    "1I",
    "UPDATE USER INFO",
    "POST",
    "/user",
    request=UpdateUserBody,
    answer=Answer,
    errors=(EmptyParameter, InvalidInput, MissingParameter, NotAuthenticated, RequestRefused),
)
def update_user(call: Call[UpdateUserBody]) -> Answer:
    """Change the caller's name and phone number. A changed number must be verified again; an empty one is removed."""
    wiring().users.profiles.update_user(call.caller.access_token, call.body.name, call.body.phone_number)
    return Answer()


@routes.operation("1J", "DELETE USER", "DELETE", "/user", answer=Answer, errors=(NotAuthenticated,))
def delete_user(call: Call[None]) -> Answer:
    """Delete the caller's account immediately. Its data (devices, histories, phones) is erased soon afterwards."""
    wiring().personal_data.account_deletion.delete_user(call.caller.username, call.caller.access_token)
    return Answer()


@routes.operation(
    "1K",
    "REFRESH USER TOKEN",
    "POST",
    "/user/token",
    request=RefreshBody,
    answer=TokenAnswer,
    errors=(InvalidInput, RefreshTokenInvalid, TokensMissing, TooManyRequests),
    authentication=Authentication.UNVERIFIED_ACCESS_TOKEN,
)
def refresh_tokens(call: Call[RefreshBody]) -> TokenAnswer:
    """Issue new access and id tokens; the refresh token stays. The access token in the header may have expired."""
    return TokenAnswer(token=TokenSet.of(wiring().users.sessions.refresh_tokens(call.body.refresh, call.body.id)))


@routes.operation(
    "1L",
    "VERIFY PHONE NUMBER",
    "POST",
    "/user/verify_phone_number",
    answer=Answer,
    errors=(NotAuthenticated, RequestRefused, TooManyRequests),
)
def verify_phone_number(call: Call[None]) -> Answer:
    """Send a code to the caller's phone by SMS."""
    wiring().users.profiles.verify_phone_number(call.caller.username, call.caller.access_token)
    return Answer(message="Confirmation code sent")


@routes.operation(
    "1M",
    "CONFIRM VERIFY PHONE NUMBER",
    "POST",
    "/user/confirm_verify_phone_number",
    request=ConfirmationBody,
    answer=Answer,
    errors=(EmptyParameter, InvalidInput, MissingParameter, NotAuthenticated, RequestRefused, TooManyRequests),
)
def confirm_verify_phone_number(call: Call[ConfirmationBody]) -> Answer:
    """Verify the caller's phone with its code. It then receives the UART notifications of the caller's devices."""
    wiring().users.profiles.confirm_verify_phone_number(
        call.caller.username, call.caller.access_token, call.body.confirmationcode
    )
    return Answer()


@routes.operation(
    "1N",
    "CHANGE PASSWORD",
    "POST",
    "/user/change_password",
    request=ChangePasswordBody,
    answer=Answer,
    errors=(
        EmptyParameter,
        InvalidCredentialToken,
        InvalidInput,
        MissingParameter,
        NotAuthenticated,
        PasswordRefused,
        RequestRefused,
        TooManyRequests,
    ),
)
def change_password(call: Call[ChangePasswordBody]) -> Answer:
    """Replace the caller's password. The body has `current_password` and `new_password`, or the old apps' `token`."""
    body = call.body
    passwords = wiring().users.credentials.read_body(body.token, body.current_password, body.new_password)
    wiring().users.passwords.change_password(
        call.caller.username, call.caller.access_token, passwords, ends_sessions=body.sign_out_everywhere
    )
    return Answer()


@routes.operation(
    "1O",
    "LOGIN IDP STORE CODE",
    "POST",
    "/user/login/idp/code/{id}",
    request=IdpCodeBody,
    answer=Answer,
    errors=(AlreadyExists, InvalidInput, MissingParameter, TooManyRequests),
    authentication=Authentication.NONE,
)
def store_idp_code(call: Call[IdpCodeBody]) -> Answer:
    """Store the code of a social sign-in for two minutes, for the waiting app window. An empty code means failure."""
    wiring().users.social_sign_in.store_code(call.path["id"], call.body.code)
    return Answer()


@routes.operation(
    "1P",
    "LOGIN IDP QUERY CODE",
    "GET",
    "/user/login/idp/code/{id}",
    answer=IdpCodeAnswer,
    errors=(InvalidInput, NotFound, TooManyRequests),
    authentication=Authentication.NONE,
)
def query_idp_code(call: Call[None]) -> IdpCodeAnswer:
    """Fetch the code of a social sign-in, once. Returns 404 until it is stored."""
    return IdpCodeAnswer(code=wiring().users.social_sign_in.query_code(call.path["id"]))


@routes.operation(
    "1.2",
    "GET SECOND FACTOR",
    "GET",
    "/user/mfa",
    answer=MfaAnswer,
    errors=(NotAuthenticated,),
    call_name="get_second_factor",
)
def get_mfa(call: Call[None]) -> MfaAnswer:
    """Return the caller's enabled second factors; none by default."""
    return MfaAnswer(methods=wiring().users.mfa.get_methods(call.caller.access_token))


@routes.operation(
    "1.3",
    "SWITCH OFF SECOND FACTOR",
    "DELETE",
    "/user/mfa",
    request=CurrentPasswordBody,
    answer=Answer,
    errors=(EmptyParameter, InvalidInput, MissingParameter, NotAuthenticated, RequestRefused, TooManyRequests),
    call_name="switch_off_second_factor",
)
def switch_off_mfa(call: Call[CurrentPasswordBody]) -> Answer:
    """Disable the caller's second factors. Needs `current_password` if one is enabled."""
    wiring().users.mfa.switch_off(call.caller.username, call.caller.access_token, call.body.current_password)
    return Answer()


@routes.operation(
    "1.4",
    "ENROL AUTHENTICATOR",
    "POST",
    "/user/mfa/totp",
    request=CurrentPasswordBody,
    answer=TotpAnswer,
    errors=(EmptyParameter, InvalidInput, MissingParameter, NotAuthenticated, RequestRefused, TooManyRequests),
    call_name="enrol_authenticator",
)
def enrol_totp(call: Call[CurrentPasswordBody]) -> TotpAnswer:
    """Create a secret for an authenticator application. Login requires its codes after the first one was confirmed.

    Needs `current_password`.
    """
    totp = wiring().users.mfa.enrol_totp(call.caller.username, call.caller.access_token, call.body.current_password)
    return TotpAnswer(secret=totp.secret, uri=totp.uri)


@routes.operation(
    "1.5",
    "CONFIRM AUTHENTICATOR",
    "POST",
    "/user/mfa/totp/confirm",
    request=TotpCodeBody,
    answer=Answer,
    errors=(EmptyParameter, InvalidCode, InvalidInput, MissingParameter, NotAuthenticated, TooManyRequests),
    call_name="confirm_authenticator",
)
def confirm_totp(call: Call[TotpCodeBody]) -> Answer:
    """Confirm the authenticator application with a code. Login then requires its codes."""
    wiring().users.mfa.confirm_totp(call.caller.username, call.caller.access_token, call.body.code)
    return Answer()


@routes.operation(
    "1.6",
    "SWITCH ON SMS CODES",
    "POST",
    "/user/mfa/sms",
    request=CurrentPasswordBody,
    answer=Answer,
    errors=(EmptyParameter, InvalidInput, MissingParameter, NotAuthenticated, RequestRefused, TooManyRequests),
    call_name="switch_on_sms_codes",
)
def switch_on_sms(call: Call[CurrentPasswordBody]) -> Answer:
    """Require a code by SMS at login; the phone number must be verified. Needs `current_password`."""
    wiring().users.mfa.switch_on_sms(call.caller.username, call.caller.access_token, call.body.current_password)
    return Answer()


@routes.operation(
    "1.7",
    "EXPORT USER DATA",
    "POST",
    "/user/export",
    answer=ExportAnswer,
    errors=(NotAuthenticated, TooManyRequests),
    call_name="request_user_data_export",
)
def request_export(call: Call[None]) -> ExportAnswer:
    """Start an export of all data of the caller. The archive is ready some minutes later."""
    return ExportAnswer.of(wiring().personal_data.exports.request_export(call.caller.username))


@routes.operation(
    "1.8",
    "GET USER DATA EXPORT",
    "GET",
    "/user/export",
    answer=ExportAnswer,
    errors=(NotAuthenticated, NotFound),
    call_name="get_user_data_export",
)
def get_export(call: Call[None]) -> ExportAnswer:
    """Return the state of the newest archive. Once it is `ready`, a link works for 15 minutes."""
    return ExportAnswer.of(*wiring().personal_data.exports.get_export(call.caller.username))


@routes.operation("1.10", "GET PREFERENCES", "GET", "/user/preferences", answer=PreferencesAnswer)
def get_preferences(call: Call[None]) -> PreferencesAnswer:
    """Return the preferences of the caller's apps; an empty object by default."""
    return PreferencesAnswer(preferences=dict(wiring().users.preferences.get_preferences(call.caller.username)))


@routes.operation(
    "1.11",
    "SET PREFERENCES",
    "POST",
    "/user/preferences",
    request=PreferencesBody,
    answer=Answer,
    errors=(InvalidInput, MissingParameter),
)
def set_preferences(call: Call[PreferencesBody]) -> Answer:
    """Store the preferences of the caller's apps: one JSON object of at most 16 KB. It replaces the previous one."""
    wiring().users.preferences.set_preferences(call.caller.username, call.body.preferences)
    return Answer()
