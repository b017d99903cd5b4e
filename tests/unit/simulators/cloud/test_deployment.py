"""Messages when sam fails, and the API's address."""

import subprocess
from pathlib import Path

import pytest

from simulators.cloud import deployment
from simulators.cloud.instance import Place


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "Building layer\nBuild Failed\nError: VendorLayer: Make Failed: no wheel",
            "VendorLayer: Make Failed: no wheel",
        ),
        ("progress\nError: Failed to create changeset", "Failed to create changeset"),
        ("Traceback: something that sam did not foresee", "Traceback: something that sam did not foresee"),
    ],
)
def test_the_reason_of_a_failure_is_told_without_the_progress(output: str, reason: str) -> None:
    finished = subprocess.CompletedProcess("sam", 1, "", output)
    assert deployment.complaint(finished) == reason


def test_the_api_is_found_at_the_emulators_own_address(tmp_path: Path) -> None:
    place = Place(tmp_path, port=4600)
    url = deployment.local_api_url(place, {"ApiId": "abc123", "ApiStage": "live"})
    assert url == "http://127.0.0.1:4600/_aws/execute-api/abc123/live"


def test_a_template_without_an_api_has_no_address(tmp_path: Path) -> None:
    assert deployment.local_api_url(Place(tmp_path), {}) is None


def test_a_stack_after_another_update_is_another(tmp_path: Path) -> None:
    stack = {"StackId": "an id", "StackStatus": "CREATE_COMPLETE", "LastUpdatedTime": "today", "Description": "x"}
    assert deployment.identity(stack) == deployment.identity({**stack, "Description": "y"})
    assert deployment.identity(stack) != deployment.identity({**stack, "LastUpdatedTime": "tomorrow"})


def test_the_site_is_reached_by_a_path_of_the_emulator(tmp_path: Path) -> None:
    place = Place(tmp_path, port=4600)

    assert (
        deployment.local_site_url(place, {"SiteDomain": "d1.cloudfront.net"})
        == f"{place.endpoint_url}/_aws/cloudfront/d1"
    )
    assert deployment.local_site_url(place, {}) is None


def test_the_app_is_at_the_root_of_a_host_of_its_own(tmp_path: Path) -> None:
    place = Place(tmp_path, port=4600)
    assert (
        deployment.local_app_url(place, {"SiteDomain": "d1.cloudfront.net"}) == "http://d1.cloudfront.localhost:4600/"
    )
    assert deployment.local_app_url(place, {}) is None
