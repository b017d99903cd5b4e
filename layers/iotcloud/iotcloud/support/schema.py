"""Feedback and addresses of pages as they cross the wire (contract 11)."""

from typing import Annotated

from pydantic import Field, RootModel, StrictBool, StrictInt, StringConstraints

from iotcloud.schema import Answer, Body, Shape


class SendFeedback(Body):
    """What a user thinks of the platform. Old apps also send `recipient`, which is ignored."""

    feedback: Annotated[str, StringConstraints(min_length=1, max_length=4000)] = Field(examples=["It works well."])
    rating: StrictInt = Field(ge=1, le=10, examples=[9])
    contactme: StrictBool = Field(description="Whether the operator may answer by e-mail", examples=[True])


class FaqsUrl(Shape):
    """Where the questions are."""

    faqs: str = Field(examples=["https://example.com/faqs"])


class FaqsAnswer(Answer):
    """Where the frequently asked questions are answered."""

    url: FaqsUrl


class AboutUrls(Shape):
    """Where the pages about the platform are."""

    terms: str = Field(examples=["https://example.com/terms"])
    privacy: str = Field(examples=["https://example.com/privacy"])
    license: str = Field(examples=["https://example.com/license"])


class AboutAnswer(Answer):
    """Where terms, privacy and licence are told."""

    url: AboutUrls


class HtmlPage(RootModel[str]):
    """A page for people."""
