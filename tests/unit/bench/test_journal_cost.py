"""The variants of the function, and turns that disadvantage none of them."""

import io
import types
import zipfile

import pytest

from tests.bench import journal_cost, journal_variant
from tests.bench.journal_stage import HANDLER, variant_of
from tests.bench.journal_variant import STRICT, WITH, WITHOUT


class Durability:
    """Notes what it is asked, and how strict it was then."""

    def __init__(self, strict=False):
        self._strict, self.asked = strict, []

    def admit(self):
        self.asked.append(("admit", self._strict))
        return "epoch"

    def entitled(self):
        return "entitled"

    def recall(self, key, epoch):
        self.asked.append(("recall", key, epoch))
        return "entry"

    def keep(self, entry, epoch):
        self.asked.append(("keep", entry, epoch))
        return False


class Api:
    """Pays as the function's own does, as far as its durability sees of it."""

    def __init__(self, durability):
        self._durability = durability

    def answer(self, request, seconds):
        epoch = self._durability.admit()
        found = self._durability.recall(request.headers["idempotency-key"][0], epoch)
        return found, self._durability.keep("payment", epoch), seconds


def pay(api, key):
    return api.answer(types.SimpleNamespace(headers={"idempotency-key": [key]}), 3)


@pytest.fixture
def durability():
    return Durability()


@pytest.fixture
def api(durability):
    made = Api(durability)
    journal_variant.install(made)
    return made


def test_without_the_journal_durability_is_not_asked(api, durability):
    assert pay(api, f"{WITHOUT}-1") == (None, True, 3)
    assert durability.asked == []


@pytest.mark.parametrize(("key", "strict"), [(f"{WITH}-1", False), (f"{STRICT}-1", True), ("another", False)])
def test_with_it_the_functions_own_is_asked(api, durability, key, strict):
    pay(api, f"{STRICT}-0")
    durability.asked.clear()
    assert pay(api, key) == ("entry", False, 3)
    assert durability.asked == [("admit", strict), ("recall", key, "epoch"), ("keep", "payment", "epoch")]


def test_a_function_that_is_strict_stays_so():
    durability = Durability(strict=True)
    api = Api(durability)
    journal_variant.install(api)
    pay(api, f"{WITH}-1")
    assert durability.asked[0] == ("admit", True)


def test_health_asks_as_ever(api):
    api._durability.choose(f"{WITHOUT}-1")
    assert api._durability.entitled() == "entitled"


def test_a_request_without_a_key_chooses_too(api):
    api._durability.variant = WITHOUT
    with pytest.raises(KeyError):
        api.answer(types.SimpleNamespace(headers={}), 3)
    assert api._durability.variant == WITH


def test_the_package_is_the_products_with_the_variants_added():
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as zipped:
        zipped.writestr(HANDLER, "api = 1\n")
        zipped.writestr("payments/api.py", "untouched")
    with zipfile.ZipFile(io.BytesIO(variant_of(package.getvalue()))) as zipped:
        assert zipped.read("payments/api.py") == b"untouched"
        assert zipped.read(HANDLER).decode() == "api = 1\n" + journal_variant.INSTALLED
        compile(zipped.read("payments/journal_variant.py"), "journal_variant.py", "exec")


def test_every_turn_has_each_once_and_none_is_always_first():
    done = []
    doings = {name: lambda name=name: done.append(name) for name in ("a", "b", "c")}
    took = journal_cost.turns(doings, 60, 5)
    assert {name: len(seconds) for name, seconds in took.items()} == {"a": 60, "b": 60, "c": 60}
    turns = [done[first : first + 3] for first in range(0, len(done), 3)]
    assert len(turns) == 65 and all(sorted(turn) == ["a", "b", "c"] for turn in turns)
    assert min([turn[place] for turn in turns].count(name) for place in range(3) for name in "abc") > 10


def test_what_is_not_answered_as_expected_is_no_figure():
    client = types.SimpleNamespace(pay=lambda: types.SimpleNamespace(status=503, body={}))
    journal_cost.answered(client, 503)
    with pytest.raises(journal_cost.Unexpected, match="not 201"):
        journal_cost.answered(client, 201)


def test_a_turn_that_went_wrong_is_repeated_whole():
    done = []

    def second():
        done.append("second")
        if done.count("second") == 3:
            raise journal_cost.Unexpected("503")

    took = journal_cost.turns({"first": lambda: done.append("first"), "second": second}, 20, 0)
    assert {name: len(seconds) for name, seconds in took.items()} == {"first": 20, "second": 20}
    assert done.count("second") == 21


def test_what_goes_wrong_too_often_is_no_figure():
    def wrong():
        raise journal_cost.Unexpected("503")

    with pytest.raises(journal_cost.Unexpected):
        journal_cost.turns({"wrong": wrong}, 20, 0)
