"""One clock: what is waited for shrinks, the time of day does not."""

import asyncio
import time

import pytest

from sandbox import config as configuration
from sandbox.clock import Clock
from sandbox.errors import SandboxError


def test_intervals_shrink_and_the_time_of_day_does_not():
    assert Clock().interval(60) == 60
    assert Clock(hurry=30).interval(60) == 2
    assert Clock(hurry=30).now() == pytest.approx(time.time(), abs=1)


@pytest.mark.parametrize("hurry", [0, -1])
def test_a_clock_that_stands_is_refused(hurry):
    with pytest.raises(ValueError, match="more than 0"):
        Clock(hurry)


def test_every_keeps_the_pace_and_is_cancelled():
    starts = []

    async def step():
        starts.append(time.monotonic())
        await asyncio.sleep(0.01)

    async def run():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Clock(hurry=100).every(4, step), 0.3)

    asyncio.run(run())
    gaps = [later - earlier for earlier, later in zip(starts, starts[1:], strict=False)]
    assert 4 <= len(starts) <= 8
    assert min(gaps) > 0.02


def test_the_pace_comes_from_the_option_then_the_environment_then_the_folder(tmp_path):
    def hurry(options, environ):
        return configuration.resolve(tmp_path, options, environ).hurry

    assert hurry({}, {}) == 1
    assert hurry({"hurry": "30"}, {"SANDBOX_HURRY": "5"}) == 30
    assert hurry({}, {"SANDBOX_HURRY": "0.5"}) == 0.5
    configuration.resolve(tmp_path, {"hurry": "7"}, {}).save()
    assert hurry({}, {}) == 7
    assert configuration.load(tmp_path).clock.interval(70) == 10


def test_the_distance_comes_from_the_option_then_the_environment_then_the_folder(tmp_path):
    def distance(options, environ):
        return configuration.resolve(tmp_path, options, environ).distance_ms

    assert distance({}, {}) == 12
    assert distance({"distance": "30"}, {"SANDBOX_DISTANCE": "5"}) == 30
    assert distance({}, {"SANDBOX_DISTANCE": "0.5"}) == 0.5
    configuration.resolve(tmp_path, {"distance": "0"}, {}).save()
    assert distance({}, {}) == 0


@pytest.mark.parametrize("text", ["-1", "far", "1001", "nan"])
def test_a_distance_that_makes_no_sense_is_refused_by_name(tmp_path, text):
    with pytest.raises(SandboxError, match="--distance"):
        configuration.resolve(tmp_path, {"distance": text}, {})


@pytest.mark.parametrize("text", ["0", "-3", "fast", "1e9", "nan"])
def test_a_pace_that_makes_no_sense_is_refused_by_name(tmp_path, text):
    with pytest.raises(SandboxError, match="--hurry"):
        configuration.resolve(tmp_path, {"hurry": text}, {})
