"""Tells people, by a region's SNS topic."""

from __future__ import annotations

from .calls import STEADY, Clients, describing
from .observation import region_of

#: SNS takes ASCII without line breaks, and so many characters:
#: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
LONGEST_SUBJECT = 100


def publish(clients: Clients, topic_arn: str, subject: str, message: str) -> str:
    """Publishes in the topic's own region; answers the message's id. Raises AwsFailure."""
    region = region_of(topic_arn)
    plain = " ".join(subject.encode("ascii", "replace").decode().split())[:LONGEST_SUBJECT]
    with describing(f"publish to {topic_arn}", region):
        sent = clients("sns", region, STEADY).publish(TopicArn=topic_arn, Subject=plain, Message=message)
    return sent["MessageId"]
