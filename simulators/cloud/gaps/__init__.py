"""What the emulator does otherwise than AWS, put right beside it: one module per gap, each with an `apply`.

These modules run inside the emulator's process and environment, so they import nothing of the project.
"""

from simulators.cloud.gaps import (
    batching_window,
    cognito_attribute_verification,
    cognito_confirmation,
    cognito_second_factor,
    connections,
    detachment,
    function_answers,
    function_environment,
    function_failures,
    function_interpreter,
    function_logs,
    function_packages,
    identity_provider_resource,
    lifecycle_versions,
    mail_identities,
    message_moves,
    mqtt_listener,
    nested_stack_attributes,
    policy_targets,
    provisioning_rights,
    push_endpoints,
    queue_batches,
    queue_readers,
    rest_api_callers,
    rest_api_import,
    rest_api_requests,
    rule_payloads,
    rule_roles,
    secure_transport,
    sent_messages,
    stack_deletion,
    subscription_quota,
    template_numbers,
    websocket_signature,
)

GAPS = (
    batching_window,
    cognito_attribute_verification,
    cognito_confirmation,
    cognito_second_factor,
    connections,
    detachment,
    function_answers,
    function_environment,
    function_failures,
    function_interpreter,
    function_logs,
    function_packages,
    identity_provider_resource,
    mail_identities,
    lifecycle_versions,
    message_moves,
    mqtt_listener,
    nested_stack_attributes,
    policy_targets,
    provisioning_rights,
    push_endpoints,
    queue_batches,
    queue_readers,
    rest_api_callers,
    rest_api_import,
    rest_api_requests,
    rule_payloads,
    rule_roles,
    secure_transport,
    sent_messages,
    stack_deletion,
    subscription_quota,
    template_numbers,
    websocket_signature,
)


def close_all() -> None:
    """Put every gap right; to be called before the emulator serves its first request."""
    for gap in GAPS:
        gap.apply()
