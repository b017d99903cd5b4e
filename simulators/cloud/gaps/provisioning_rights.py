"""The gap: fleet provisioning checks the template's role only for its write calls.

AWS IoT makes more calls with the role: RegisterThing itself, and calls that read existing resources. Its developer
guide attaches the managed policy AWSIoTThingsRegistration ("Create a provisioning role"), which allows them. The calls
here are those of that policy for a template with a thing, a certificate and a policy.
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
"""Actions without resources in AWS (Service Authorization Reference, AWS IoT)."""
ON_CERTIFICATE = ("iot:AttachPrincipalPolicy", "iot:DescribeCertificate", "iot:ListPrincipalThings")
ON_THING = ("iot:DescribeThing", "iot:ListThingGroupsForThing", "iot:ListThingPrincipals")
Requests = list[tuple[str, str]]


def apply() -> None:
    """Check the rights to all calls."""
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
