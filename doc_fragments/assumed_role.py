"""The documentation of AWS_SPEC, module_utils/payments_dr/aws.py."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  assume_role_arn:
    description: ARN of the role to assume for every call.
    type: str
"""
