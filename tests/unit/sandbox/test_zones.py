import pytest

from sandbox import zones

SOA = {
    "Name": "example.com.",
    "Type": "SOA",
    "TTL": "900",
    "ResourceRecords": ["ns.a. host.a. 1 7200 900 1209600 86400"],
}


def record(name, kind, *values, ttl=60, **more):
    return {"Name": name, "Type": kind, "TTL": str(ttl), "ResourceRecords": list(values), **more}


def failover(name, role, value, check=None):
    more = {"HealthCheckId": check} if check else {}
    return record(name, "CNAME", value, SetIdentifier=role, Failover=role.upper(), **more)


def alias(name, kind, target):
    return {"Name": name, "Type": kind, "AliasTarget": {"DNSName": target, "EvaluateTargetHealth": False}}


def ask(name, kind, *records, unhealthy=(), others=()):
    zone = zones.Zone("example.com", [SOA, *records])
    return zones.answer([zone, *others], name, kind, lambda check: check not in unhealthy)


def values(answer):
    return [(each.type, each.value) for each in answer.records]


@pytest.mark.parametrize(
    ("primary", "secondary", "unhealthy", "expected"),
    [
        ("p", None, "", "one"),
        ("p", None, "p", "two"),
        (None, None, "", "one"),
        ("p", "s", "p", "two"),
        ("p", "s", "s", "one"),
        ("p", "s", "ps", "one"),
    ],
)
def test_failover(primary, secondary, unhealthy, expected):
    pair = [
        failover("api.example.com.", "secondary", "two", secondary),
        failover("api.example.com.", "primary", "one", primary),
    ]
    answer = ask("api.example.com", "CNAME", *pair, unhealthy=unhealthy)
    assert values(answer) == [("CNAME", expected)]


def test_a_lone_half_of_a_pair_answers_whatever_its_health():
    lone = failover("api.example.com.", "primary", "one", "p")
    assert values(ask("api.example.com", "CNAME", lone, unhealthy="p")) == [("CNAME", "one")]


def test_cnames_are_followed_inside_and_across_the_zones_that_are_known():
    other = zones.Zone("gateway.test", [SOA, record("d-1.gateway.test", "A", "127.0.1.1")])
    chain = [
        record("a.example.com.", "CNAME", "b.example.com."),
        record("b.example.com.", "CNAME", "d-1.gateway.test."),
    ]
    answer = ask("a.example.com.", "A", *chain, others=[other])
    assert values(answer) == [("CNAME", "b.example.com."), ("CNAME", "d-1.gateway.test."), ("A", "127.0.1.1")]
    assert answer.authority == []


def test_a_chain_that_leaves_ends_with_the_cname():
    answer = ask("a.example.com", "A", record("a.example.com.", "CNAME", "elsewhere.org."))
    assert (answer.rcode, values(answer)) == ("NOERROR", [("CNAME", "elsewhere.org.")])


def test_a_chain_to_nothing_is_nxdomain_with_the_chain():
    answer = ask("a.example.com", "A", record("a.example.com.", "CNAME", "gone.example.com."))
    assert (answer.rcode, len(answer.records), len(answer.authority)) == ("NXDOMAIN", 1, 1)


@pytest.mark.parametrize("make", [record, lambda name, kind, target: alias(name, "A", target)], ids=["CNAME", "alias"])
def test_circles_are_errors(make):
    circle = [make("a.example.com.", "CNAME", "b.example.com."), make("b.example.com.", "CNAME", "a.example.com.")]
    with pytest.raises(zones.UnanswerableError, match="circle"):
        ask("a.example.com", "A", *circle)


def test_an_alias_answers_under_its_own_name():
    other = zones.Zone("gateway.test", [SOA, record("d-1.gateway.test", "A", "127.0.1.1")])
    answer = ask("Api.example.com.", "A", alias("api.example.com.", "A", "d-1.gateway.test."), others=[other])
    assert answer.records == [zones.Record("Api.example.com.", "A", 60, "127.0.1.1")]
    assert ask("api.example.com", "AAAA", alias("api.example.com.", "A", "d-1.gateway.test.")).rcode == "NOERROR"


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        ("nothing.example.com", "A", "NXDOMAIN"),
        ("text.example.com", "A", "NOERROR"),
        ("between.example.com", "A", "NOERROR"),
        ("example.com", "A", "NOERROR"),
    ],
)
def test_negative_answers_carry_the_soa(name, kind, rcode):
    there = [record("text.example.com.", "TXT", '"up"'), record("deep.between.example.com.", "A", "192.0.2.1")]
    answer = ask(name, kind, *there)
    assert (answer.rcode, answer.records) == (rcode, [])
    assert [(each.name, each.type, each.ttl) for each in answer.authority] == [("example.com", "SOA", 900)]


@pytest.mark.parametrize("name", ["org", "example.org", "notexample.com", "com", ""])
def test_other_names_are_refused(name):
    assert ask(name, "A").rcode == "REFUSED"


def test_the_closest_zone_answers():
    child = zones.Zone("sub.example.com", [SOA, record("a.sub.example.com", "A", "192.0.2.2")])
    answer = ask("a.sub.example.com", "A", record("a.sub.example.com", "A", "192.0.2.1"), others=[child])
    assert values(answer) == [("A", "192.0.2.2")]


def test_any_gives_everything_there():
    there = [record("a.example.com.", "TXT", '"t"'), record("a.example.com.", "A", "192.0.2.1", "192.0.2.2")]
    assert values(ask("a.example.com", "ANY", *there)) == [("A", "192.0.2.1"), ("A", "192.0.2.2"), ("TXT", '"t"')]


def test_a_policy_that_is_not_modelled_is_not_guessed():
    weighted = record("a.example.com.", "A", "192.0.2.1", SetIdentifier="x", Weight=1)
    with pytest.raises(zones.UnanswerableError, match="Weight"):
        ask("a.example.com", "A", weighted)


@pytest.mark.parametrize(
    ("name", "expected"), [("A.Example.COM.", "a.example.com"), (r"\052.example.com", "*.example.com")]
)
def test_names_compare_in_canonical_form(name, expected):
    assert zones.canonical(name) == expected
