"""Streaming moments and the joint test of a mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import kolmogorov, stdtr
from scipy.stats import kurtosis, skew

from sobolev_theory.monte_carlo.moments import Moments, hotelling_test

NONE = 1e-12
"""An allowance that changes nothing."""


def assert_same(first: Moments, second: Moments) -> None:
    assert first.count == second.count
    np.testing.assert_allclose(first.mean, second.mean, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(first.scatter, second.scatter, rtol=1e-11, atol=1e-10 * np.abs(first.scatter).max())
    np.testing.assert_allclose(first.third, second.third, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(first.fourth, second.fourth, rtol=1e-9)


@given(st.integers(0, 2**32), st.lists(st.integers(1, 40), min_size=2, max_size=6), st.integers(1, 5))
def test_merging_parts_is_taking_all(seed: int, lengths: list[int], entries: int) -> None:
    samples = np.random.default_rng(seed).normal(size=(entries, sum(lengths)))
    parts = [Moments.of(part) for part in np.split(samples, np.cumsum(lengths)[:-1], axis=1)]
    forwards = parts[0]
    for part in parts[1:]:
        forwards = forwards.merge(part)
    backwards = parts[-1]
    for part in parts[-2::-1]:
        backwards = part.merge(backwards)
    assert_same(forwards, Moments.of(samples))
    assert_same(backwards, Moments.of(samples))


def test_moments_are_those_of_numpy() -> None:
    samples = np.random.default_rng(0).normal(size=(4, 10_000))
    moments = Moments.of(samples)
    np.testing.assert_allclose(moments.covariance, np.cov(samples), rtol=1e-10)
    np.testing.assert_allclose(moments.root_mean_square, np.sqrt((samples**2).mean(axis=1)), rtol=1e-12)


@pytest.mark.parametrize("size", [1e-140, 1.0, 1e140])
def test_tails_are_those_of_scipy_at_any_scale(size: float) -> None:
    samples = size * np.random.default_rng(0).exponential(size=(2, 1000))
    first, second = (Moments.of(part) for part in np.split(samples, [300], axis=1))
    moments = first.merge(second)
    np.testing.assert_allclose(moments.third / 1000, skew(samples / size, axis=1), rtol=1e-10)
    np.testing.assert_allclose(moments.fourth / 1000, kurtosis(samples / size, axis=1, fisher=False), rtol=1e-10)
    constant = Moments.of(np.full((1, 5), 7.0)).merge(Moments.of(np.full((1, 5), 7.0)))
    assert constant.third == constant.fourth == 0


def test_effective_samples_are_equal_events() -> None:
    """Among n samples, h events of one size leave ``n/kurtosis = h``; granting their error widens it."""
    samples = np.zeros((2, 100_000))
    samples[0, :50] = 3.0
    samples[1, :1000] = 1.0
    moments, theory = Moments.of(samples), np.array([2e-3, 1e-2])
    test = hotelling_test(moments, theory, np.full(2, NONE))
    assert test.effective_samples == pytest.approx(50, rel=1e-2)
    granted = hotelling_test(moments, theory, np.full(2, NONE), granted=50.0)
    halved = hotelling_test(moments, moments.mean + (theory - moments.mean) * 0.5**0.5, np.full(2, NONE))
    assert granted.p_value == pytest.approx(halved.p_value, rel=1e-2)
    assert test.p_value < granted.p_value
    assert hotelling_test(moments, theory, np.array([1e-3, NONE])).effective_samples > 900


def test_a_large_mean_costs_no_digits() -> None:
    samples = np.random.default_rng(1).normal(size=(2, 1000))
    first, second = (Moments.of(1e8 + part) for part in np.split(samples, 2, axis=1))
    np.testing.assert_allclose(first.merge(second).covariance, np.cov(samples), rtol=1e-6)


def test_one_entry_is_the_t_test() -> None:
    samples = np.random.default_rng(2).normal(size=(1, 200))
    t = samples.mean() / (samples.std(ddof=1) / np.sqrt(200))
    test = hotelling_test(Moments.of(samples), np.zeros(1), np.full(1, NONE))
    assert test.p_value == pytest.approx(2 * stdtr(199, -abs(t)), rel=1e-9)
    assert test.standard_error == pytest.approx(samples.std(ddof=1) / np.sqrt(200))


def test_the_joint_p_value_does_not_depend_on_the_coordinates() -> None:
    rng = np.random.default_rng(3)
    samples, change = rng.normal(size=(5, 300)), rng.normal(size=(5, 5)) * np.logspace(-3, 3, 5)[:, None]
    theory = 0.05 * rng.normal(size=5)
    first = hotelling_test(Moments.of(samples), theory, np.full(5, NONE))
    second = hotelling_test(Moments.of(change @ samples), change @ theory, np.full(5, NONE))
    assert second.p_value == pytest.approx(first.p_value, rel=1e-6)


def test_dependent_entries_count_once_and_must_match() -> None:
    samples = np.random.default_rng(4).normal(size=(3, 500))
    dependent = np.vstack([samples, samples[0] + samples[1], np.full(500, 7.0)])
    theory, allowance = np.array([0.0, 0.0, 0.0, 0.0, 7.0]), np.full(5, 1e-9)
    alone = hotelling_test(Moments.of(samples), np.zeros(3), np.full(3, 1e-9))
    assert hotelling_test(Moments.of(dependent), theory, allowance).p_value == pytest.approx(alone.p_value, rel=1e-3)
    for entry in (3, 4):  # the sum of two entries, and the constant
        wrong = theory.copy()
        wrong[entry] += 1e-4
        assert hotelling_test(Moments.of(dependent), wrong, allowance).p_value < 1e-12


def test_a_theory_that_is_not_finite_is_refuted() -> None:
    moments = Moments.of(np.random.default_rng(5).normal(size=(2, 100)))
    for wrong in (np.nan, np.inf, 1e300):
        assert hotelling_test(moments, np.array([0.0, wrong]), np.full(2, NONE)).p_value == 0


def test_p_values_of_a_true_theory_are_uniform() -> None:
    rng = np.random.default_rng(6)
    mixing = rng.normal(size=(6, 4))  # six entries, of rank four
    p_values = np.sort(
        [
            hotelling_test(Moments.of(mixing @ rng.normal(size=(4, 100))), np.zeros(6), np.full(6, 1e-6)).p_value
            for _ in range(500)
        ]
    )
    distance = np.abs(p_values - (np.arange(500) + 0.5) / 500).max()
    assert kolmogorov(distance * np.sqrt(500)) > 1e-3
