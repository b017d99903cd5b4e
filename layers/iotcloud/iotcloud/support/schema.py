"""Feedback and addresses of pages as they cross the wire (contract 11)."""

from typing import Annotated

from pydantic import Field, RootModel, StrictBool, StrictInt, StringConstraints

from iotcloud.schema import Answer, Body, Shape


class SendFeedback(Body):
    """What a user thinks of the platform. Old apps also send `recipient`, which is ignored."""

    feedback: Annotated[str, StringConstraints(min_length=1, max_length=4000)] = Field(
        description="What the user writes.", examples=["It works well."]
    )
    rating: StrictInt = Field(ge=1, le=10, description="From 1, bad, to 10, good.", examples=[9])
    contactme: StrictBool = Field(description="Whether the operator may answer by e-mail", examples=[True])


class FaqsUrl(Shape):
    """Where the questions are."""

    faqs: str = Field(description="Questions and answers.", examples=["https://example.com/faqs"])


class FaqsAnswer(Answer):
    """Where the frequently asked questions are answered."""

    url: FaqsUrl = Field(description="The address of the page.")


class AboutUrls(Shape):
    """Where the pages about the platform are."""

    terms: str = Field(description="The terms of use.", examples=["https://example.com/terms"])
    privacy: str = Field(description="What is done with personal data.", examples=["https://example.com/privacy"])
    license: str = Field(description="The licence.", examples=["https://example.com/license"])


class AboutAnswer(Answer):
    """Where terms, privacy and licence are told."""

    url: AboutUrls = Field(description="The addresses of the pages.")


class HtmlPage(RootModel[str]):
    """A page for people."""
