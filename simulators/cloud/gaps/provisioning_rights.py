"""The gap: fleet provisioning asks the template's role for the writes alone that it makes.

AWS IoT makes more calls in the role's name: RegisterThing itself, and those by which it finds what is there. Its
developer guide has the managed policy AWSIoTThingsRegistration attached ("Create a provisioning role"), which allows
them; the calls here are those of that policy that a template with a thing, a certificate and a policy leads to.
"""

from typing import Any

from ministack.services import iot

ON_EVERYTHING = (
    "iot:ListAttachedPolicies",
    "iot:ListPolicyPrincipals",
    "iot:ListPrincipalPolicies",
    "iot:RegisterCertificate",
    "iot:RegisterThing",
)
"""Actions for which AWS knows no resource (Service Authorization Reference, AWS IoT)."""
ON_CERTIFICATE = ("iot:AttachPrincipalPolicy", "iot:DescribeCertificate", "iot:ListPrincipalThings")
ON_THING = ("iot:DescribeThing", "iot:ListThingGroupsForThing", "iot:ListThingPrincipals")
Requests = list[tuple[str, str]]


def apply() -> None:
    """Ask for the rights to all calls."""
    allows: Any = iot._provisioning_role_allows

    def allows_as_aws(role_arn: str, requests: Requests) -> Any:
        return allows(role_arn, [*requests, *_further(requests)])

    iot._provisioning_role_allows = allows_as_aws


def _further(requests: Requests) -> Requests:
    further = [(one, "*") for one in ON_EVERYTHING]
    for action, resource in requests:
        if action == "iot:AttachPolicy":
            further += [(one, resource) for one in ON_CERTIFICATE]
        if action == "iot:AttachThingPrincipal":
            further += [(one, resource) for one in ON_THING]
    return further
