"""The documentation of REACH_SPEC, module_utils/payments_dr/options.py."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  dns_servers:
    description:
      - Servers that speak for the zone, as V(host) or V(host:port). Empty means the system's resolver for addresses,
        and the zone's authoritative servers for what Route 53's checkers think.
    type: list
    elements: str
    default: []
  api_port:
    description: Port of the API.
    type: int
    default: 443
  api_ca_file:
    description: PEM file of the authorities that sign the API's certificates; empty means the system's.
    type: path
    default: ""
"""
