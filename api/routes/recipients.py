"""People to whom notices go, and who confirm once that they want them (group 8)."""

from html import escape

from api.exports import File
from api.operations import Authentication, Call, Routes
from iotcloud.errors import InvalidInput
from iotcloud.notices.confirmations import PATH, LinkInvalid
from iotcloud.notices.schema import ConfirmRecipient
from iotcloud.support.schema import HtmlPage
from iotcloud.wiring import wiring

routes = Routes("Notices")
HTML = "text/html"
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<title>{title}</title><style>body{{font-family:sans-serif;margin:2em auto;max-width:32em;padding:0 1em}}
button{{font-size:1.1em;padding:.5em 1em}}</style></head>
<body><h1>{title}</h1><p>{text}</p>{form}</body>
</html>
"""
FORM = (
    '<form method="post" action="{action}"><input type="hidden" name="token" value="{token}">'
    "<button>Yes, send me notices</button></form>"
)


@routes.operation(
    "8.10",
    "SHOW CONFIRMATION",
    "GET",
    PATH,
    answer=HtmlPage,
    errors=(LinkInvalid,),
    authentication=Authentication.NONE,
    query=("token",),
    media_type=HTML,
)
def show_confirmation(call: Call[None]) -> File:
    """Show a recipient who is asking, with a button to confirm. Read-only, since mail scanners open links."""
    token = call.query.get("token", "")
    asked = wiring().notices.confirmations.find_asker(token)
    form = FORM.format(action=PATH.rpartition("/")[2], token=escape(token))
    return _page("Notices of devices", f"{asked.asker} wants to send you notices to {asked.address}.", form)


@routes.operation(
    "8.11",
    "CONFIRM RECIPIENT",
    "POST",
    PATH,
    request=ConfirmRecipient,
    answer=HtmlPage,
    errors=(InvalidInput, LinkInvalid),
    authentication=Authentication.NONE,
    is_form=True,
    media_type=HTML,
)
def confirm_recipient(call: Call[ConfirmRecipient]) -> File:
    """Keep that the recipient wants the notices of the account that asked; from then on they go out."""
    confirmed = wiring().notices.confirmations.confirm(call.body.token)
    return _page("Confirmed", f"From now on notices of {confirmed.asker} go to {confirmed.address}.")


def _page(title: str, text: str, form: str = "") -> File:
    return File("", f"{HTML}; charset=utf-8", PAGE.format(title=escape(title), text=escape(text), form=form))
