"""The failover function: observes, decides by payments_dr.decision, acts, and logs; the same code in both regions."""
