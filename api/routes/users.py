"""People: sign-up, sign-in, tokens and profile."""

from api.operations import Authentication, Call, Routes
from iotcloud.errors import (
    EmptyParameter,
    InvalidCode,
    InvalidInput,
    MissingParameter,
    NotAuthenticated,
    PasswordRefused,
    RefreshTokenInvalid,
    TokensMissing,
    TooManyRequests,
    UsernameTaken,
)
from iotcloud.schema import Answer
from iotcloud.users.schema import (
    ConfirmSignUpBody,
    LogInAnswer,
    RefreshBody,
    SignUpBody,
    TokenAnswer,
    TokenSet,
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

    An account that was never confirmed is replaced.
    """
    credentials = wiring().credentials.read_header(call.authorization)
    wiring().accounts.sign_up(credentials, call.body.email, call.body.name, call.body.phone_number)
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
    wiring().accounts.confirm_sign_up(call.body.username, call.body.confirmationcode)
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
)
def resend_code(call: Call[UsernameBody]) -> Answer:
    """Send the confirmation code again. The answer is the same for an account that does not exist or needs no code."""
    wiring().accounts.resend_code(call.body.username)
    return Answer(message="Confirmation code sent")


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
    """Check the password in the header; answer with tokens, or with a challenge where a second proof is set up.

    An unknown user and a wrong password are answered alike.
    """
    return LogInAnswer.of(wiring().sessions.log_in(wiring().credentials.read_header(call.authorization)))


@routes.operation(
    "1G",
    "LOGOUT",
    "POST",
    "/user/logout",
    answer=Answer,
    authentication=Authentication.NONE,
)
def log_out(call: Call[None]) -> Answer:
    """Stop push messages to the phone of this sign-in. The header carries the access token; any is answered OK."""
    wiring().sessions.log_out(call.authorization.rpartition(" ")[2])
    return Answer()


@routes.operation("1H", "GET USER INFO", "GET", "/user", answer=UserAnswer, errors=(NotAuthenticated,))
def get_user(call: Call[None]) -> UserAnswer:
    """Return the caller's account."""
    return UserAnswer.of(wiring().profiles.get_user(call.caller.access_token))


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
    """Make new access and id tokens; the refresh token stays. The access token in the header may have expired."""
    return TokenAnswer(token=TokenSet.of(wiring().sessions.refresh_tokens(call.body.refresh, call.body.id)))
