"""A client of the iotcloud REST API. openapi-python-client makes the package `generated` from the API's description."""

from iotcloud_client.cloud import Cloud
from iotcloud_client.failures import ApiFailure, NoAnswer, NotSignedIn
from iotcloud_client.tokens import Tokens

__all__ = ["ApiFailure", "Cloud", "NoAnswer", "NotSignedIn", "Tokens"]
