"""AWS as far as a recovery needs it, in memory: what each region answers, what it was asked, and a clock that obeys."""

import datetime
import types

from ansible.module_utils.payments_dr.calls import AwsFailure
from ansible.module_utils.payments_dr.epoch import SCOPE, Epoch
from ansible.module_utils.payments_dr.mode import Mode
from ansible.module_utils.payments_dr.topology import Topology
from ansible.module_utils.payments_dr.waiters import Clock

from tests.unit.module_utils import deployed
from tests.unit.module_utils.deployed import EAST, OHIO, TAIL, place

START = 1_790_000_000.0
PARAMETER, FENCES = f"parameter-failover-mode-{TAIL}", f"parameter-fence-{TAIL}"
AUTOMATIC = Mode("automatic", "terraform", "first deployment", "2026-11-01T08:00:00Z")


def topology():
    return Topology.parse(deployed.document())


class Time:
    """A clock that stands still but for sleeping; `at` calls back when that second has come."""

    def __init__(self):
        self.passed, self._plans = 0.0, []
        self.clock = Clock(lambda: START + self.passed, lambda: self.passed, self.sleep)

    def at(self, second, do):
        self._plans.append((second, do))

    def sleep(self, seconds):
        assert seconds > 0, "a wait without a pause never ends"
        self.passed += seconds
        due = [plan for plan in self._plans if plan[0] <= self.passed]
        self._plans = [plan for plan in self._plans if plan[0] > self.passed]
        for _, do in due:
            do()


class NotFound(Exception):  # noqa: N818 - as botocore calls them, without Error
    pass


class Canceled(Exception):  # noqa: N818 - as botocore calls them, without Error
    """A transaction whose first action's condition was not met."""

    response = {"CancellationReasons": [{"Code": "ConditionalCheckFailed"}]}


class Region:
    """One region's APIs. `dark` makes every call of it fail as one that nobody answers."""

    def __init__(self, name, aws):
        self.name, self.aws, self.dark = name, aws, False
        self.parameters = {PARAMETER: AUTOMATIC.as_json(), FENCES: "{}"}
        self.before_raise = []  # what others do before an epoch is raised
        self.before_put = []  # what others do between somebody's read and put
        self.concurrency = {place(name)["function"]: 20}
        self.alarm, self.said = "OK", []
        self.instances = ["available", "available"]
        self.version, self.status = "17.7", "available"
        self.lags = [(84.0, START - 60)]
        self.published, self.lines = [], []
        self.epochs = {SCOPE: Epoch(1, EAST, True, "terraform", "first deployment", "2026-11-01T08:00:00Z").as_item()}

    @property
    def epoch(self):
        return Epoch.parse(self.epochs[SCOPE])

    def client(self, service):
        return _Client(self, service)


class World:
    """Two regions and the global database. `calls` lists (region, operation) of all that was asked."""

    def __init__(self, writer=EAST):
        self.time, self.calls, self.failures = Time(), [], {}
        self.regions = {region: Region(region, self) for region in (EAST, OHIO)}
        self.writer, self.status, self.handover = writer, "available", None
        self.moves, self.exists, self.detached = [], True, set()
        self.promotion_seconds = 60.0

    def clients(self, service, region, _patience):
        return self.regions[region].client(service)

    def changes(self):
        """What was asked that changes something; epochs are told by each region's `epoch`."""
        reading = ("get_", "describe_", "list_", "filter_", "transact_")
        return [(region, operation) for region, operation in self.calls if not operation.startswith(reading)]

    def begin(self, kind, target):
        self.moves.append((kind, target))
        self.status = "failing-over" if kind == "failover" else "switching-over"
        self.handover = (self.status, self.writer, target)
        self.time.at(self.time.passed + self.promotion_seconds, lambda: self.end(target))

    def end(self, writer):
        self.writer, self.status, self.handover = writer, "available", None

    def global_cluster(self):
        found = {
            "GlobalClusterIdentifier": f"aurora-global-{TAIL}",
            "Status": self.status,
            "EngineVersion": "17.7",
            "GlobalClusterMembers": [
                {
                    "DBClusterArn": place(region)["cluster_arn"],
                    "IsWriter": region == self.writer,
                    "SynchronizationStatus": "connected",
                }
                for region in self.regions
                if region not in self.detached
            ],
        }
        if self.handover:
            status, origin, target = self.handover
            found["FailoverState"] = {
                "Status": status,
                "FromDbClusterArn": place(origin)["cluster_arn"],
                "ToDbClusterArn": place(target)["cluster_arn"],
                "IsDataLossAllowed": status == "failing-over",
            }
        return found


class _Client:
    """The operations of every service; the names say which is whose."""

    def __init__(self, region, service):
        self._region, self._world = region, region.aws
        self.meta = types.SimpleNamespace(region_name=region.name, service=service)
        self.exceptions = types.SimpleNamespace(
            ParameterNotFound=NotFound,
            GlobalClusterNotFoundFault=NotFound,
            DBClusterNotFoundFault=NotFound,
            TransactionCanceledException=Canceled,
        )

    def __getattr__(self, operation):
        do = getattr(_Operations, operation, None)
        if do is None:
            raise AttributeError(operation)

        def call(**parameters):
            self._world.calls.append((self._region.name, operation))
            if self._region.dark:
                raise AwsFailure(f"{self._region.name} does not answer {operation}", "ConnectTimeout", True)
            planned = self._world.failures.get((self._region.name, operation))
            if planned:
                raise planned.pop(0) if len(planned) > 1 else planned[0]
            return do(self._region, **parameters)

        return call

    def get_paginator(self, operation):
        def paginate(**parameters):
            return types.SimpleNamespace(build_full_result=lambda: getattr(self, operation)(**parameters))

        return types.SimpleNamespace(paginate=paginate)


class _Operations:
    """What each operation answers and does."""

    def get_parameter(region, Name):  # noqa: N803, N805
        if Name not in region.parameters:
            raise NotFound
        return {"Parameter": {"Value": region.parameters[Name]}}

    def put_parameter(region, Name, Value, Overwrite):  # noqa: N803, N805
        assert Overwrite
        if region.before_put:
            region.before_put.pop()()
        region.parameters[Name] = Value

    def get_item(region, TableName, Key, ConsistentRead):  # noqa: N803, N805
        assert (TableName, ConsistentRead) == (f"table-epoch-{region.name}-{TAIL}", True)
        found = region.epochs.get(Key["scope"]["S"])
        return {"Item": found} if found else {}

    def transact_write_items(region, TransactItems):  # noqa: N803, N805
        if region.before_raise:
            region.before_raise.pop()()
        puts = [action["Put"] for action in TransactItems]
        assert {put["TableName"] for put in puts} == {f"table-epoch-{region.name}-{TAIL}"}
        if puts[0]["ExpressionAttributeValues"][":expected"] != region.epochs[SCOPE]["epoch"]:
            raise Canceled
        region.epochs |= {put["Item"]["scope"]["S"]: put["Item"] for put in puts}

    def get_function_concurrency(region, FunctionName):  # noqa: N803, N805
        reserved = region.concurrency[FunctionName]
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    def put_function_concurrency(region, FunctionName, ReservedConcurrentExecutions):  # noqa: N803, N805
        region.concurrency[FunctionName] = ReservedConcurrentExecutions

    def delete_function_concurrency(region, FunctionName):  # noqa: N803, N805
        region.concurrency[FunctionName] = None

    def describe_alarms(region, AlarmNames):  # noqa: N803, N805
        assert AlarmNames == [f"alarm-evacuate-{region.name}-{TAIL}"]
        return {"MetricAlarms": [{"StateValue": region.alarm}] if region.alarm else []}

    def get_metric_statistics(region, MetricName, StartTime, EndTime, **_):  # noqa: N803, N805
        points = region.lags if MetricName == "AuroraGlobalDBRPOLag" else region.said
        within = [(value, at) for value, at in points if StartTime.timestamp() <= at <= EndTime.timestamp()]
        stamped = [(value, datetime.datetime.fromtimestamp(at, datetime.UTC)) for value, at in within]
        return {"Datapoints": [{"Maximum": value, "Timestamp": at} for value, at in stamped]}

    def put_metric_data(region, Namespace, MetricData):  # noqa: N803, N805
        assert (Namespace, MetricData[0]["MetricName"]) == ("PaymentsDR", "Evacuate")
        region.said.append((MetricData[0]["Value"], region.aws.time.clock.now()))

    def describe_global_clusters(region, GlobalClusterIdentifier):  # noqa: N803, N805
        assert GlobalClusterIdentifier == f"aurora-global-{TAIL}"
        return {"GlobalClusters": [region.aws.global_cluster()] if region.aws.exists else []}

    def describe_db_clusters(region, DBClusterIdentifier):  # noqa: N803, N805
        arn = place(region.name)["cluster_arn"]
        assert arn.endswith(f":{DBClusterIdentifier}")
        return {"DBClusters": [{"DBClusterArn": arn, "Status": region.status, "EngineVersion": region.version}]}

    def describe_db_instances(region, Filters):  # noqa: N803, N805
        return {"DBInstances": [{"DBInstanceStatus": status} for status in region.instances]}

    def failover_global_cluster(region, TargetDbClusterIdentifier, AllowDataLoss, **_):  # noqa: N803, N805
        assert AllowDataLoss
        target = TargetDbClusterIdentifier.split(":")[3]
        assert target == region.name, "a failover is asked of the target's region"
        region.aws.begin("failover", target)

    def switchover_global_cluster(region, TargetDbClusterIdentifier, **_):  # noqa: N803, N805
        assert region.name == region.aws.writer, "a switchover is asked of the writer's region"
        region.aws.begin("switchover", TargetDbClusterIdentifier.split(":")[3])

    def publish(region, **message):  # noqa: N805
        region.published.append(message)
        return {"MessageId": "one"}

    def filter_log_events(region, **_):  # noqa: N805
        return {"events": region.lines}
