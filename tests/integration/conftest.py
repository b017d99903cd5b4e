"""Fixtures of integration tests: moto, with each service's description read once per process."""

from moto.core.config import default_user_config

default_user_config["core"]["reset_boto3_session"] = False
