"""An IAM user with exactly the rights of the API function, for code outside the function."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4


def borrow_api_rights(stack: Mapping[str, Any], aws: Callable[[str], Any]) -> dict[str, str]:
    """Make a user whose policies are those of the function's role; return the variables of its access key."""
    iam = aws("iam")
    pages = iam.get_paginator("list_roles").paginate()
    names = [role["RoleName"] for page in pages for role in page["Roles"]]
    role = next(name for name in names if name.startswith(f"{stack['stack_name']}-ApiRole"))
    user = f"api-rights-{uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        iam.put_user_policy(UserName=user, PolicyName=policy, PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
