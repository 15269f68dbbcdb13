"""Migrations: in order, once, by one at a time, and only where the writer is."""

import threading

import pytest

from tests.unit import database_server


@pytest.fixture(scope="module")
def schema(package):
    return package("schema")


def migration(schema, version, sql="SELECT 1"):
    return schema.Migration(version, f"number_{version}", sql)


def checksums(*migrations):
    return {one.version: one.checksum for one in migrations}


def test_what_is_outstanding_comes_in_order(schema):
    one, two, three = (migration(schema, version) for version in (1, 2, 3))
    assert schema.outstanding([one, two, three], {}) == [one, two, three]
    assert schema.outstanding([one, two, three], checksums(one)) == [two, three]
    assert schema.outstanding([one, two, three], checksums(one, two, three)) == []


def test_a_function_that_went_back_leaves_the_newer_schema_alone(schema):
    one, two = migration(schema, 1), migration(schema, 2)
    assert schema.outstanding([one], checksums(one, two)) == []


def test_an_edited_migration_is_refused_by_name(schema):
    with pytest.raises(schema.SchemaError, match=r"migration 1 \(number_1\) was edited"):
        schema.outstanding([migration(schema, 1, "SELECT 2")], checksums(migration(schema, 1)))


def test_a_migration_that_was_passed_over_is_refused_by_name(schema):
    one, two = migration(schema, 1), migration(schema, 2)
    with pytest.raises(schema.SchemaError, match=r"migration 1 \(number_1\) is older than version 2"):
        schema.outstanding([one, two], checksums(two))


@pytest.mark.parametrize(
    "names", [["0002_b.sql"], ["0001_a.sql", "0003_c.sql"], ["0001_a.sql", "0001_b.sql"], ["1.sql"]]
)
def test_files_that_are_numbered_wrong_are_refused(schema, tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(schema.SchemaError, match="0001"):
        schema.load(tmp_path)


@pytest.fixture
def empty(function, server):
    """The function on a database that holds nothing at all; migrated again afterwards."""

    def clear():
        server.admin(f"DROP OWNED BY {database_server.USER}")

    clear()
    yield function
    clear()
    function.ask("migrate")


def test_the_first_migration_makes_the_schema_and_the_second_finds_it(empty, order, server):
    done = {"action": "migrate", "region": "us-east-1", "schema_version": 2}
    assert empty.ask("migrate") == {**done, "status": "migrated", "applied": [1, 2]}
    assert empty.ask("migrate") == {**done, "status": "current", "applied": []}
    assert empty.pay(order)[0] == 201
    assert server.admin("SELECT version, name FROM schema_migrations") == [[1, "payments"], [2, "journal"]]


def test_a_migration_that_fails_leaves_nothing(empty, server, monkeypatch):
    schema = empty.module.actions._migrate.__globals__["schema"]
    wrong = [*schema.load(), schema.Migration(3, "wrong", "CREATE TABLE half (); SELECT 1 / 0")]
    with monkeypatch.context() as patch:
        patch.setattr(schema, "load", lambda: wrong)
        with pytest.raises(Exception, match="22012"):
            empty.ask("migrate")
    assert server.admin("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [[0]]
    assert empty.ask("migrate")["applied"] == [1, 2]


def test_of_many_at_once_one_migrates(empty):
    environments = [empty.another() for _ in range(4)]
    outcomes = []
    threads = [threading.Thread(target=lambda one=one: outcomes.append(one.ask("migrate"))) for one in environments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcome["status"] for outcome in outcomes) == ["current"] * 3 + ["migrated"]


@pytest.mark.parametrize(
    "change",
    ["amount = 0", "amount = 10000000000", "currency = 'usd'", "reference = ''", "status = 'lost'", "metadata = '[]'",
     "region = NULL", "idempotency_key = ''"],
)  # fmt: skip
def test_the_database_holds_to_the_rules_by_itself(function, order, server, change):
    function.pay(order)
    with pytest.raises(database_server.pg8000.native.DatabaseError):
        server.admin(f"UPDATE payments SET {change}")
