"""What integration tests share: moto, with each service's description read once a process and not once a test."""

from moto.core.config import default_user_config

default_user_config["core"]["reset_boto3_session"] = False
