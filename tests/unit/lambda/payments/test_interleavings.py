"""Any interleaving of payments, retries, deaths, lag, freezes, promotions, awakenings and reconciliations: what was
acknowledged once is charged exactly once, for ever."""

import sys

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from .conftest import GATEWAY, PEER_GATEWAY, Function, load
from .two_worlds import POINTS, REGIONS, Death, Volume, World, end_session, stopping

KEYS, AMOUNTS, MOMENTS = st.sampled_from("abc"), st.sampled_from([1, 1, 1, 2]), st.sampled_from(["before", "after"])
NUMBERS, ANY_POINT = st.integers(0, 1), st.sampled_from(POINTS)
#: Where a payment may stand still over a promotion: after it was admitted, and in one thread.
FREEZING = st.sampled_from(["commit", "entry", "mark"])


@pytest.fixture(scope="module")
def world(aws, server, environment):
    """Two environments of the function in each region."""
    volumes = {region: Volume(server, f"volume_{region.replace('-', '_')}") for region in REGIONS}
    made = {region: [] for region in REGIONS}
    for region, peer, gateway in zip(REGIONS, reversed(REGIONS), (GATEWAY, PEER_GATEWAY), strict=True):
        with pytest.MonkeyPatch.context() as patch:
            told = {"AWS_REGION": region, "PEER_REGION": peer, "API_GATEWAY": gateway, "LOG_LEVEL": "CRITICAL"}
            for name, value in {**told, "DATABASE_NAME": f"volume_{region.replace('-', '_')}"}.items():
                patch.setenv(name, value)
            made[region] = [Function(load()) for _ in range(2)]
        assert made[region][0].ask("migrate")["status"] == "migrated"
    for name in [name for name in sys.modules if name.split(".")[0] == "payments"]:
        del sys.modules[name]
    yield World(volumes, {REGIONS[0]: aws.here, REGIONS[1]: aws.there}, made)
    for volume in volumes.values():
        volume.session.close()


class Interleaving(RuleBasedStateMachine):
    """The steps. `world` and `strict` are set by the test."""

    world, strict = None, True

    @initialize()
    def begin(self):
        self.world.begin(self.strict)

    @rule(requests=st.lists(st.tuples(NUMBERS, KEYS, AMOUNTS), min_size=1, max_size=4))
    def pay(self, requests):
        for number, key, amount in requests:
            self.world.pay(self.world.environments[self.world.writer][number], self.world.writer, key, amount)

    @rule(number=NUMBERS, key=KEYS)
    def pay_in_the_other_region(self, number, key):
        """A standby, or an old primary that is awake."""
        region = self.world.other(self.world.writer)
        self.world.pay(self.world.environments[region][number], region, key, 1)

    @rule(number=NUMBERS, key=KEYS, point=ANY_POINT, moment=MOMENTS)
    def die(self, number, key, point, moment):
        """In the active region. The client has no answer."""
        world = self.world
        function = world.environments[world.writer][number]

        def death():
            raise Death

        with stopping(function, point, moment, death):
            try:
                world.pay(function, world.writer, key, 1)
            except Death:
                function.forget()
                end_session(function)

    @precondition(lambda self: self.world.attached and self.world.reconciled())
    @rule(
        number=NUMBERS,
        key=KEYS,
        point=FREEZING,
        moment=MOMENTS,
        retried=st.booleans(),
    )
    def freeze_over_a_promotion(self, number, key, point, moment, retried):
        """The old region goes on in the middle of a payment, when the new one may have served its retry."""
        world, origin = self.world, self.world.writer
        function = world.environments[origin][number]

        def promotion():
            world.fail_over()
            if retried:
                world.pay(world.environments[world.writer][0], world.writer, key, 1)

        with stopping(function, point, moment, promotion):
            world.pay(function, origin, key, 1, decided_before_promotion=point == "mark")

    @precondition(lambda self: self.world.attached)
    @rule()
    def replicate(self):
        self.world.replicate()

    @precondition(lambda self: self.world.attached and self.world.reconciled())
    @rule()
    def fail_over(self):
        self.world.fail_over()

    @precondition(lambda self: self.world.attached and self.world.reconciled() and not self.world.partition)
    @rule()
    def switch_over(self):
        self.world.switch_over()

    @precondition(lambda self: not self.world.attached)
    @rule()
    def rejoin(self):
        self.world.rejoin()

    @precondition(lambda self: not self.world.reconciled())
    @rule()
    def reconcile(self):
        self.world.reconcile()

    @rule(what=st.sampled_from(["heal", "repair", "part"]))
    def tend(self, what):
        world = self.world
        if what == "part":
            world.partition = not world.partition
        else:
            getattr(world, what)()

    def teardown(self):
        """Everything is mended; then every key is asked for once more."""
        world = self.world
        world.partition = False
        for function in world.functions():
            function.module._durability._peer._failed = None
        world.heal()
        world.reconcile()
        for key in world.acknowledged:
            amount = world.acknowledged[key][1]
            assert world.pay(world.environments[world.writer][1], world.writer, key, amount) == 201
        if not world.attached:
            world.rejoin()
        world.holds()
        if self.strict:
            assert not world.risked and not world.lost
        world.seen["lost"] += world.lost


@pytest.mark.parametrize("strict", [True, False], ids=["strict", "available"])
def test_acknowledged_once_is_charged_once(world, strict):
    world.seen.clear()
    machine = type("Interleaving", (Interleaving,), {"world": world, "strict": strict})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=30, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert min(world.seen[what] for what in (201, 503, "failovers")) >= 3  # it was no idle walk


@pytest.mark.parametrize(("strict", "status", "lost"), [(True, 503, 0), (False, 201, 1)], ids=["strict", "available"])
def test_what_each_setting_costs_when_the_regions_part_before_a_failover(world, strict, status, lost):
    world.begin(strict)
    world.partition = True
    assert world.pay(world.environments[REGIONS[0]][0], REGIONS[0], "a", 1) == status
    world.fail_over()
    assert world.pay(world.environments[REGIONS[0]][0], REGIONS[0], "b", 1) == 503
    assert world.pay(world.environments[REGIONS[0]][1], REGIONS[0], "b", 1) == 503  # who never asked the peer, too
    assert (world.lost, world.acknowledged) == (lost, {})
