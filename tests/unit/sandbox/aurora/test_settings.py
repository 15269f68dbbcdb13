"""What a cluster parameter group, and a path with odd characters, become in PostgreSQL's files."""

from sandbox.aurora import settings

KNOWN = {"log_statement", "port", "shared_buffers", "wal_level"}


def lines(asked, **own):
    return dict(line.split(" = ", 1) for line in settings.postgresql_conf(own, asked, KNOWN).splitlines())


def test_what_postgresql_knows_is_taken_and_what_is_auroras_own_is_not():
    found = lines({"log_statement": "ddl", "rds.force_ssl": "1", "apg_plan_mgmt.x": "1"})
    assert found["log_statement"] == "'ddl'"
    assert not found.keys() & {"rds.force_ssl", "apg_plan_mgmt.x"}


def test_a_formula_over_the_instances_size_is_left_to_aurora():
    assert lines({"shared_buffers": "SUM({DBInstanceClassMemory/12038},-50003)"})["shared_buffers"] == "'32MB'"


def test_nothing_that_is_asked_for_breaks_replication_or_the_address():
    found = lines({"wal_level": "minimal", "port": "1"}, port="5001")
    assert (found["wal_level"], found["port"]) == ("'replica'", "'5001'")


def test_quotes_survive():
    assert settings.quoted("/it's") == "'/it''s'"
    assert settings.conninfo({"sslkey": "/a b/it's\\x", "port": 1}) == "sslkey='/a b/it\\'s\\\\x' port='1'"


def test_connections_without_tls_are_for_those_who_ask_for_them():
    assert "hostnossl all all all" not in settings.pg_hba_conf({})
    assert "hostnossl all all all" not in settings.pg_hba_conf({"rds.force_ssl": "1"})
    assert "hostnossl all all all scram-sha-256" in settings.pg_hba_conf({"rds.force_ssl": "0"})


def test_the_sandboxs_own_users_never_come_by_password():
    first = settings.pg_hba_conf({"rds.force_ssl": "0"}).splitlines()[0]
    assert first == "hostnossl all,replication rdsadmin,rdsrepladmin all reject"
    assert "hostssl all rdsadmin all cert" in settings.pg_hba_conf({})
