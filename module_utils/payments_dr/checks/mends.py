"""What to do about a check that failed: one sentence, for whoever reads it at 3 a.m."""

from __future__ import annotations

DEPLOY = "run playbooks/deploy.yml: it puts back what was changed by hand"

#: Checks that are not named here are mended by DEPLOY.
MENDS = {
    "region-verified": "both regions must answer: run without --limit, with credentials that are valid in both; if AWS "
    "itself does not answer there, the region is dark",
    "topology-published": "run playbooks/deploy.yml: nothing else publishes the topology",
    "topology-regions": "run playbooks/deploy.yml with this inventory, or verify with the inventory that was deployed",
    "aurora-global-cluster": "wait until a switchover or failover that runs has ended, and verify again; see the "
    "global cluster's events",
    "aurora-member": "the cluster no longer follows: delete the detached cluster, then run playbooks/deploy.yml, which "
    "builds and attaches a new one",
    "aurora-cluster": "see the cluster's events; if it does not exist, run playbooks/deploy.yml",
    "aurora-instances": "run playbooks/deploy.yml: it creates what is missing; if one is not available, see its events",
    "aurora-encryption": "a cluster cannot be encrypted later: delete it, and run playbooks/deploy.yml",
    "aurora-synchronization": "wait for the resynchronization; if it does not end, open a case with AWS",
    "aurora-rpo-lag": "a failover now would lose what it lacks; look for load on the writer, and see the events",
    "aurora-engine-version": "upgrade the cluster that is behind: different patch levels can forbid a failover",
    "s3-bucket": "run playbooks/deploy.yml, then copy the objects of the other bucket: replication is not retroactive",
    "s3-probe": "see s3-rule-*; if those pass, look at the replication metrics and the replication role",
    "epoch-readable": "copy the item from the other region's table (aws dynamodb get-item, put-item): deploy.yml would "
    "begin at epoch 1 again",
    "epoch-gates": "a recovery was interrupted there: run the same playbook again, which writes all of them",
    "epoch-agrees": "a recovery could not tell both regions: run failback.yml, or the same playbook again",
    "epoch-active": "no payment is acknowledged while it names the other region: run the interrupted playbook again",
    "journal-replayed": "new payments are looked up in the journal until it is: run playbooks/reconcile.yml",
    "payments-journaled": "the other region's DynamoDB is out of reach; what waits is journaled when it is back",
    "route53-control-plane": "the settings of DNS cannot be read now; answers are still checked: verify again when "
    "us-east-1's control plane answers",
    "dns-answer": "see api-health, health-check-* and evacuation-switch: DNS sends payments elsewhere",
    "dns-beacon-answer": "the checkers think that the region is not well: see api-health",
    "function-concurrency": "0 means fenced: find out by whom and why, then run playbooks/deploy.yml",
    "repair-schedule": "run playbooks/deploy.yml: until then a log object that a crash left out stays missing",
    "certificate": "issue the certificate again and wait until it is validated; its CNAME must be in the zone",
    "certificate-expiry": "ACM renews by itself while its validation CNAME is in the zone: put it back by "
    "playbooks/deploy.yml",
    "secret-replica": "replicate the secret to the region (aws secretsmanager replicate-secret-to-regions)",
    "failover-evaluating": "read the function's log in that region, and see that its schedule is enabled",
    "failover-mode": "set it: playbooks/mode.yml",
    "failover-armed": "nothing fails over to there by itself: find out why, then playbooks/mode.yml -e mode=automatic",
    "failover-fence": "a recovery has closed that region: when it follows again, playbooks/failback.yml opens it",
    "evacuation-switch": "traffic was sent away on purpose: ask who did; metric Evacuate 0 in PaymentsDR takes it back",
    "standing-by": "it follows a swap of the roles within five minutes; later, read the failover function's log there. "
    "Until then a failover to there takes DNS a minute longer",
    "api-health": "read the function's log in that region; if the version is another one, run playbooks/deploy.yml",
    "rto-budget": "lower health_check or record_ttl_seconds in the inventory, and run playbooks/deploy.yml",
}


def mend(name: str) -> str:
    """The mend for a check, by its name."""
    return MENDS.get(name, DEPLOY)
