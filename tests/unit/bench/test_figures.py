import pytest

from tests.bench.figures import Bare, Comparison, figures_table, slowest_resources, slowest_tasks, spread, table

APPLY = """\
module.dr.aws_vpc.this: Creating...
module.dr.aws_vpc.this: Still creating... [10s elapsed]
module.dr.aws_vpc.this: Creation complete after 11s [id=vpc-1]
module.dr.aws_kms_key.this: Creation complete after 0s [id=k]
module.primary.aws_nat_gateway.this["us-east-1a"]: Creation complete after 1m2s [id=nat-1]
aws_s3_bucket.this: Modifications complete after 9m9s [id=b]
"""
RECAP = """\
TASKS RECAP ********************************************************************
===============================================================================
infrastructure : Apply the plan --------------------------------------- 170.04s
lambda_package : Build the zip ------------------------------------------ 0.38s
"""


def comparison(deploy, aim=20.0):
    bare = [Bare(init=2.0, plan=10.0, apply=88.0), Bare(init=2.0, plan=10.0, apply=90.0)][: len(deploy)]
    return Comparison("from nothing", bare, deploy, aim)


def test_what_deploy_adds_is_taken_round_by_round():
    one = comparison([115.0, 125.0])
    assert one.added == [15.0, 23.0]
    assert one.bare_seconds == 101.0
    assert one.deploy_seconds == 120.0
    assert one.ratio == pytest.approx(120 / 101)
    assert one.met, "the median, 19 s, is what the aim is held against"


@pytest.mark.parametrize(("deploy", "met"), [(119.9, True), (120.0, False)])
def test_the_aim_is_met_below_it_only(deploy, met):
    assert comparison([deploy]).met is met


@pytest.mark.parametrize(("values", "shown"), [([4.24], "4.2 s"), ([6.0, 4.0, 5.0], "5.0 s (4.0 to 6.0)")])
def test_a_spread_shows_the_median_and_the_extremes(values, shown):
    assert spread(values) == shown


def test_the_figures_say_bare_deploy_added_aim_and_ratio():
    rows = figures_table([comparison([115.0]), comparison([130.0])], verify=[11.0, 9.0, 8.0]).splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]
    assert cells == [
        ["from nothing", "2.0 + 10.0 + 88.0 = 100.0 s", "115.0 s", "15.0 s", "under 20 s: met", "1.15"],
        ["from nothing", "2.0 + 10.0 + 88.0 = 100.0 s", "130.0 s", "30.0 s", "under 20 s: MISSED", "1.30"],
        ["`verify.yml` alone, 3 runs", "", "9.0 s (8.0 to 11.0)", "", "under 10 s: met", ""],
    ]


def test_a_table_lines_up():
    assert table(["a", "seconds"], [["long name", "1"], ["b", "12"]]) == (
        "| a         | seconds |\n|-----------|--------:|\n| long name |       1 |\n| b         |      12 |"
    )


def test_the_slowest_resources_are_those_that_were_created():
    assert slowest_resources(APPLY, count=2) == [
        ('module.primary.aws_nat_gateway.this["us-east-1a"]', 62),
        ("module.dr.aws_vpc.this", 11),
    ]


def test_the_slowest_tasks_come_from_the_recap():
    assert slowest_tasks(RECAP) == [
        ("infrastructure : Apply the plan", 170.04),
        ("lambda_package : Build the zip", 0.38),
    ]
