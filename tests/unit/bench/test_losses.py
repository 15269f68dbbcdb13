"""What the bench of losses calls a loss, and that it goes on after a run that did not end."""

import contextlib
import dataclasses

import pytest

from module_utils.payments_dr.load import Paid
from tests.bench import losses
from tests.bench.document import markers
from tests.bench.losses_figures import KINDS, Plan, Run, by_luck, figures, p50, wrong
from tests.bench.losses_run import turned_away
from tests.bench.stopwatch import CommandFailed

GOOD = Run("dark", 1, "us-east-1", 0.5, acknowledged=1200, replicated=3, refused=12, silence=9.5, seconds=30)


@pytest.mark.parametrize("field", ["lost", "doubled", "woken"])
def test_each_of_them_alone_is_wrong(field):
    bad = dataclasses.replace(GOOD, number=2, **{field: 1})
    assert wrong([GOOD, bad]) == [bad.line]


def test_what_replication_alone_would_have_lost_is_not():
    assert wrong([GOOD]) == []
    assert GOOD.line == (
        "dark 01, us-east-1 after 0.50 s: 1200 acknowledged, 3 lost by replication alone; after reconcile.yml 0 lost, "
        "0 doubled; 0 by the old region after the promotion, which refused 12; 9.5 s without service; took 30 s"
    )


def test_a_run_that_did_not_end_is_wrong_and_says_why():
    bad = dataclasses.replace(GOOD, problem="nobody was paid")
    assert wrong([bad]) == ["dark 01, us-east-1 after 0.50 s: FAILED after 30 s: nobody was paid"]


def test_nothing_lost_although_replication_was_stopped_proves_nothing():
    stopped = Plan("dark", 1, 0.5, 5.0)
    assert stopped.row == "dark, replication stopped 5 s before"
    assert by_luck([GOOD], [Plan("dark", 1, 0.5), stopped]) == [stopped.row]
    assert by_luck([dataclasses.replace(GOOD, row=stopped.row)], [stopped]) == []


def test_the_table_adds_up_by_row_and_leaves_failed_runs_out():
    runs = [
        GOOD,
        dataclasses.replace(GOOD, number=2, replicated=40, silence=12.25, woken=1),
        dataclasses.replace(GOOD, number=3, acknowledged=0, problem="no"),
        dataclasses.replace(GOOD, row="partition", doubled=2, refused=None),
    ][::-1]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in figures(runs).splitlines()[2:]]
    assert cells == [
        ["dark", "2", "2,400", "43", "40", "0", "0", "1", "24", "9.5", "12.2"],
        ["partition", "1", "1,200", "3", "3", "0", "2", "0", "", "9.5", "9.5"],
    ]


@pytest.mark.parametrize(
    ("identifier", "problem", "answered"),
    [("", "503 Service Unavailable", True), ("", "timed out", False), ("", "", False), ("a", "503 Service", False)],
)
def test_only_an_answer_is_a_refusal(identifier, problem, answered):
    paid = Paid("k", "r", 100, 1.0, 2.0, identifier, "", "", 2, problem)
    assert turned_away(paid) is answered


@pytest.mark.parametrize(("values", "middle"), [([3.0], 3), ([4.0, 1.0], 1), ([5.0, 1.0, 3.0], 3)])
def test_the_middle_is_one_that_was_seen(values, middle):
    assert p50(values) == middle


def test_the_moments_are_random_and_those_of_the_seed():
    first, again, other = (losses.plans(KINDS, 5, 2, seed) for seed in (7, 7, 8))
    assert first == again != other
    assert len(first) == 4 * (5 + 2)
    assert len({plan.pause for plan in first}) > 20
    assert all(0 <= plan.pause <= losses.PAUSE for plan in first)
    assert [plan.kind for plan in first[:4]] == list(KINDS)
    assert [plan.lag for plan in first if plan.kind == "dark"] == [0.0, losses.LAG] * 2 + [0.0] * 3
    assert [plan.number for plan in first if plan.kind == "dark"] == [1, 1, 2, 2, 3, 4, 5]


@pytest.fixture
def kept(monkeypatch, tmp_path):
    monkeypatch.setattr(losses, "REPORT", tmp_path / "reports" / "losses.json")
    return tmp_path / "reports" / "losses.json"


def test_a_walk_begins_anew_after_ten_runs_and_after_one_that_failed(kept, capsys):
    legs = []

    @contextlib.contextmanager
    def begin():
        legs.append([])

        def run(plan):
            legs[-1].append(plan.number)
            if plan.number == 3:
                raise CommandFailed("reconcile ended with 2")
            return dataclasses.replace(GOOD, number=plan.number)

        yield run

    done = losses.walk([Plan("dark", number, 0.1) for number in range(1, 15)], begin)
    assert legs == [[1, 2, 3], [4, 5, 6, 7, 8, 9, 10, 11, 12, 13], [14]]
    assert [run.number for run in done] == list(range(1, 15))
    assert [run.problem for run in done if run.problem] == ["reconcile ended with 2"]
    assert "dark 03,  after 0.10 s: FAILED" in capsys.readouterr().out
    assert kept.read_text().count('"number"') == 14


def test_a_local_aws_that_does_not_begin_is_tried_again_and_then_given_up(kept, capsys):
    begun = []

    def begins(number):
        @contextlib.contextmanager
        def begin():
            begun.append(1)
            assert len(begun) >= number, "not settled"
            yield lambda plan: GOOD

        return begin

    assert losses.walk([Plan("dark", 1, 0.1)], begins(3)) == [GOOD]
    assert capsys.readouterr().out.count("begins anew: not settled") == 2
    begun.clear()
    with pytest.raises(AssertionError, match="not settled"):
        losses.walk([Plan("dark", 1, 0.1)], begins(4))


def test_a_kind_that_is_not_measured_again_keeps_its_figures(monkeypatch, kept):
    losses.walk([Plan("dark", 1, 0.1)], lambda: contextlib.nullcontext(lambda plan: GOOD))
    partition = dataclasses.replace(GOOD, row="partition, replication stopped 5 s before", named=("a",))
    leg = contextlib.nullcontext(lambda plan: partition)
    monkeypatch.setattr(losses, "_side", lambda deployed: contextlib.nullcontext((None, None)))
    monkeypatch.setattr(losses, "leg", lambda side, sandbox: leg)
    for _ in range(2):
        shown = losses.measure(1, 0, ["partition"], 1, None)
    assert losses.reported() == [GOOD, partition]
    assert shown.count("| dark ") == shown.count("| partition") == 1


@pytest.mark.parametrize(
    "bad", [{"lost": 1}, {"problem": "no"}, {"replicated": 0, "row": "dark, replication stopped 5 s before"}]
)
def test_what_is_wrong_is_no_figure(monkeypatch, kept, bad):
    monkeypatch.setattr(losses, "_side", lambda deployed: contextlib.nullcontext((None, None)))
    monkeypatch.setattr(losses, "walk", lambda todo, begin, before: [dataclasses.replace(GOOD, **bad)])
    with pytest.raises(losses.Lost):
        losses.measure(1, 1, ["dark"], 1, None)


def test_what_was_interrupted_is_taken_up_again(monkeypatch, kept):
    def run(plan):
        ran.append((plan.row, plan.number))
        return dataclasses.replace(GOOD, row=plan.row, number=plan.number)

    ran = []
    failed = dataclasses.replace(GOOD, number=2, problem="no")
    losses.walk([Plan("dark", 2, 0.1)], lambda: contextlib.nullcontext(lambda plan: failed), [GOOD])
    monkeypatch.setattr(losses, "_side", lambda deployed: contextlib.nullcontext((None, None)))
    monkeypatch.setattr(losses, "leg", lambda side, sandbox: contextlib.nullcontext(run))
    losses.measure(3, 0, ["dark"], 1, None, resume=True)
    assert ran == [("dark", 2), ("dark", 3)]
    assert [one.number for one in losses.reported()] == [1, 2, 3]
    losses.measure(1, 0, ["dark"], 1, None)
    assert [one.number for one in losses.reported()] == [1]


def test_the_document_has_a_place_for_it():
    text = (losses.ROOT / "docs/performance.md").read_text()
    assert all(text.count(line) == 1 for line in markers("losses"))
