"""Outages of a running sandbox: what a client meets, what stands still, and that it all comes back."""

import io
import json
import socket
import ssl
import time
import zipfile

import botocore.config
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from sandbox import process, seeds
from tests.unit.sandbox.apis import Api
from tests.unit.sandbox.aurora.conftest import eventually
from tests.unit.sandbox.conftest import in_a_hurry

ONE, TWO = "us-east-1", "us-east-2"


@pytest.fixture(scope="module")
def hurried(tmp_path_factory):
    """A sandbox of this module's own, in which a minute takes a second: outages would hinder other tests."""
    with in_a_hurry(tmp_path_factory.mktemp("dark") / "sandbox") as made:
        yield made


@pytest.fixture(scope="module")
def session():
    return seeds.session()


@pytest.fixture
def client(hurried, session):
    """Clients that try once, for a second."""

    def make(service, region):
        config = hurried.config
        return session.create_client(
            service,
            region_name=region,
            endpoint_url=config.endpoint,
            aws_access_key_id=config.accounts.production,
            aws_secret_access_key="any",
            config=botocore.config.Config(
                retries={"total_max_attempts": 1}, read_timeout=1, connect_timeout=1, proxies={}
            ),
        )

    return make


@pytest.fixture
def out(hurried):
    """Let something go out; it comes back after the test."""

    yield hurried.out
    hurried.restore(ONE, TWO)


@pytest.fixture(scope="module")
def apis(hurried):
    return {ONE: Api(hurried, "first", ONE), TWO: Api(hurried, "second", TWO)}


def publish(client, region, value=1.0):
    client("cloudwatch", region).put_metric_data(
        Namespace="Tests", MetricData=[{"MetricName": "Alarming", "Value": value}]
    )


@pytest.mark.parametrize(("kind", "error"), [("dark", ConnectionClosedError), ("hang", ReadTimeoutError)])
def test_a_dark_region_answers_nobody_until_it_is_restored(hurried, client, apis, out, kind, error):
    out(ONE, kind)
    for service, ask in {
        "rds": lambda rds: rds.describe_db_clusters(),
        "iam": lambda iam: iam.list_roles(),
        "route53": lambda route53: route53.list_hosted_zones(),
        "sts": lambda sts: sts.get_caller_identity(),
    }.items():
        with pytest.raises(error):
            ask(client(service, ONE))
    assert client("rds", TWO).describe_db_clusters()["DBClusters"] == []
    assert client("sts", TWO).get_caller_identity()["Account"] == hurried.config.accounts.production
    assert apis[TWO].call("/health")[0] == 200
    with pytest.raises(OSError, match="reset|timed out"):
        hear_nothing(hurried, ONE)
    hurried.restore(ONE)
    assert apis[ONE].call("/health")[0] == 200
    assert client("rds", ONE).describe_db_clusters()["DBClusters"] == []


def hear_nothing(sandbox, region):
    """Connect to a region's TLS endpoint and wait for its first byte."""
    config = sandbox.config
    with socket.create_connection((config.addresses[region], config.tls_port), timeout=1) as connection:
        connection.sendall(b"\x16\x03\x01")
        if connection.recv(1) == b"":
            raise ConnectionResetError("reset by nobody, closed")


def test_the_command_line_begins_shows_and_ends_it(hurried, out):
    begun = hurried.run("outage", ONE, "--kind", "hang")
    assert "OUTAGE     us-east-1 hang since" in begun.stdout, begun.stderr
    shown = hurried.run("status")
    assert shown.returncode == 0, shown.stderr
    assert "OUTAGE     us-east-1 hang since" in shown.stdout
    assert hurried.run("restore", ONE, "--kind", "dark").stdout == begun.stdout
    assert hurried.run("restore", ONE, "--kind", "hang").stdout == "Nothing is out\n"


def test_connections_that_are_open_when_it_goes_dark_are_cut(hurried, out):
    config = hurried.config
    with socket.create_connection((config.addresses[TWO], config.tls_port), timeout=5) as raw:
        context = ssl.create_default_context(cafile=config.dir / "ca.pem")
        context.check_hostname = False
        with context.wrap_socket(raw) as connection:
            out(TWO, "dark")
            assert connection.recv(1) == b"", "not a time-out: it was closed"


def test_it_outlives_down_and_up(hurried, client, out):
    out(TWO, "dark")
    assert hurried.run("down").returncode == 0
    assert hurried.run("up").returncode == 0
    with pytest.raises(ConnectionClosedError):
        client("rds", TWO).describe_db_clusters()
    hurried.restore(TWO)
    assert client("rds", TWO).describe_db_clusters()["DBClusters"] == []


def test_functions_topics_alarms_and_metrics_of_a_dark_region_stand_still(hurried, client, out):
    watching, topic = client("cloudwatch", TWO), client("sns", TWO).create_topic(Name="still")["TopicArn"]
    client("sns", TWO).subscribe(TopicArn=topic, Protocol="email", Endpoint="on-call@example.com")
    watching.put_metric_alarm(
        AlarmName="still",
        Namespace="Tests",
        MetricName="Alarming",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
    )
    eventually(lambda: state(watching) == "OK")
    publish(client, TWO)
    out(TWO, "dark")
    time.sleep(3)  # three minutes of the clock, in which it would be evaluated
    assert state(hurried.client("cloudwatch", TWO), through=hurried) == "OK"
    assert "still" not in hurried.run("inbox").stdout
    hurried.restore(TWO)
    publish(client, TWO)
    eventually(lambda: state(watching) == "ALARM")
    eventually(lambda: "still" in hurried.run("inbox").stdout)


def state(watching, through=None):
    if through:
        config = through.config
        watching = seeds.client(config, "cloudwatch", config.accounts.production, TWO, operator=True)
    return watching.describe_alarms(AlarmNames=["still"])["MetricAlarms"][0]["StateValue"]


@pytest.mark.parametrize("kind", ["dark", "partition", "replication"])
def test_objects_are_not_replicated_until_it_ends(hurried, out, kind):
    names = {region: f"logs-{kind}-{region}" for region in (ONE, TWO)}
    stores = {region: hurried.client("s3", region) for region in (ONE, TWO)}
    stores[ONE].create_bucket(Bucket=names[ONE])
    stores[TWO].create_bucket(Bucket=names[TWO], CreateBucketConfiguration={"LocationConstraint": TWO})
    for region, store in stores.items():
        store.put_bucket_versioning(Bucket=names[region], VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "all",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{names[ONE]}"},
    }
    stores[TWO].put_bucket_replication(
        Bucket=names[TWO], ReplicationConfiguration={"Role": "arn:aws:iam::222222222222:role/any", "Rules": [rule]}
    )
    out(ONE, kind)
    stores[TWO].put_object(Bucket=names[TWO], Key="one", Body=b"1")
    time.sleep(1)  # a minute of the clock
    assert replication_status(stores[TWO], names[TWO]) == "PENDING"
    hurried.restore(ONE)
    eventually(lambda: replication_status(stores[TWO], names[TWO]) == "COMPLETED")
    assert stores[ONE].get_object(Bucket=names[ONE], Key="one")["Body"].read() == b"1"


def replication_status(store, bucket):
    return store.head_object(Bucket=bucket, Key="one")["ReplicationStatus"]


def test_a_scheduled_rule_of_a_dark_region_is_not_triggered(hurried, client, out):
    client("events", TWO).put_rule(Name="every-minute", ScheduleExpression="rate(1 minute)")
    eventually(lambda: triggered(hurried))
    before = triggered(hurried)
    out(TWO, "dark")
    time.sleep(3)  # three minutes of the clock
    hurried.restore(TWO)
    after = triggered(hurried)
    assert after <= before + 2, "what fell due is not made up for"
    eventually(lambda: triggered(hurried) > after)


def triggered(sandbox):
    """How many times the rule was triggered, by its metric."""
    now = time.time()
    points = sandbox.client("cloudwatch", TWO).get_metric_statistics(
        Namespace="AWS/Events",
        MetricName="TriggeredRules",
        Dimensions=[{"Name": "RuleName", "Value": "every-minute"}],
        StartTime=now - 600,
        EndTime=now + 1,
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)


def test_a_function_calls_from_its_regions_address(hurried):
    """So that a partition can tell who calls, and what a dark region's functions do reaches nobody."""
    assert invoked(hurried, TWO, CODE, "caller") == {"who": hurried.config.addresses[TWO]}


CODE = """
import socket

def handler(event, context):
    server = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(server.getsockname())
    return {"who": server.accept()[1][0]}
"""


def invoked(sandbox, region, code, name):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    functions = sandbox.client("lambda", region)
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::222222222222:role/any",
        Code={"ZipFile": packed.getvalue()},
    )
    return json.loads(functions.invoke(FunctionName=name)["Payload"].read())


def test_the_payment_api_answers_500_and_is_measured(client, apis, out):
    out(ONE, "api-errors")
    assert apis[ONE].call("/health")[0] == 500
    assert apis[TWO].call("/health")[0] == 200
    assert apis[ONE].logged()[-1]["status"] == "500"


def test_the_payment_api_answers_too_late_for_a_checker(apis, out):
    out(ONE, "api-slow")
    began = time.monotonic()
    assert apis[ONE].call("/health")[0] == 200
    assert time.monotonic() - began > 2


def test_no_function_can_be_invoked(client, apis, out):
    out(TWO, "lambda")
    assert apis[TWO].call("/health")[0] == 502
    with pytest.raises(ClientError, match="ServiceException"):
        client("lambda", TWO).invoke(FunctionName="lambda-second")
    assert apis[ONE].call("/health")[0] == 200


def test_without_a_control_plane_the_data_plane_serves(client, apis, out):
    out(ONE, "control-plane")
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        client("rds", ONE).describe_db_clusters()
    assert apis[ONE].call("/health")[0] == 200
    publish(client, ONE)


def test_throttled_calls_get_through_in_the_end(client, out):
    out(TWO, "throttled")
    answers = []
    for _ in range(3):
        try:
            client("rds", TWO).describe_db_clusters()
            answers.append("answered")
        except ClientError as error:
            answers.append(error.response["Error"]["Code"])
    assert answers == ["Throttling", "Throttling", "answered"]


@pytest.fixture(scope="module")
def checks(hurried, apis):
    """A health check on each region's API, by its address; returns whether they are healthy now."""
    made = {}
    for region, api in apis.items():
        settings = {
            "Type": "HTTPS",
            "IPAddress": hurried.config.addresses[region],
            "FullyQualifiedDomainName": api.domain,
            "ResourcePath": "/health",
            "RequestInterval": 10,
            "FailureThreshold": 2,
        }
        check = hurried.client("route53").create_health_check(CallerReference=region, HealthCheckConfig=settings)
        made[region] = check["HealthCheck"]["Id"]

    def healthy():
        with process.DIRECTLY.open(hurried.config.endpoint + process.CHECKS_PATH, timeout=5) as answer:
            seen = json.load(answer)
        return {region: seen[check]["healthy"] for region, check in made.items()}

    eventually(lambda: all(healthy().values()))
    return healthy


@pytest.mark.parametrize("kind", ["dark", "hang", "api-errors", "api-slow", "lambda"])
@pytest.mark.parametrize("region", [ONE, TWO])
def test_route_53s_checkers_see_it_and_see_it_end(hurried, checks, out, kind, region):
    out(region, kind)
    eventually(lambda: checks() == {ONE: region != ONE, TWO: region != TWO})
    hurried.restore(region)
    eventually(lambda: checks() == {ONE: True, TWO: True})


def test_they_do_not_see_what_hinders_no_client(checks, out):
    for kind in ("control-plane", "partition", "replication", "throttled"):
        out(ONE, kind)
    time.sleep(2)  # twelve looks
    assert checks() == {ONE: True, TWO: True}


def test_a_wrong_kind_or_region_is_refused(hurried):
    assert hurried.run("outage", ONE, "--kind", "flood").returncode == 2
    assert hurried.run("outage", "mars-1", "--kind", "dark").returncode == 2
    assert hurried.run("outage", ONE).returncode == 2


def test_there_is_no_outage_of_what_does_not_run(aside):
    refused = aside.run("outage", ONE, "--kind", "dark")
    assert refused.returncode == 1
    assert "is not running" in refused.stderr
