"""Whether the standby could take over: facts of both regions, the topology and the policy in, checks out. Pure."""
