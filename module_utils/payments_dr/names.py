"""Names of what is deployed: resource-type-environment-suffix, the region a qualifier of the type.

Terraform composes the same names from the same two variables; here stand only those that are needed before
Terraform has run, or without its state.
"""

from __future__ import annotations

# The longest resource name whose length AWS limits most: an S3 bucket name, 63 characters.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME_LIMIT = 63
LONGEST_BUCKET = "s3-transaction-logs"


def resource_name(resource: str, environment: str, suffix: str, region: str = "") -> str:
    """The name of `resource` (for example "s3-terraform-state") in this environment, qualified by `region` if given."""
    return "-".join(part for part in (resource, region, environment, suffix) if part)


def longest_bucket_name(environment: str, suffix: str, region: str) -> str:
    """The longest bucket name that this environment will have in `region`."""
    return resource_name(LONGEST_BUCKET, environment, suffix, region)
