"""The order of training rows: complete, repeatable, of like length, and balanced where asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkd_kg.teachers.sampling import EpochSampler, epoch_order

LENGTHS = np.random.default_rng(0).integers(3, 64, 900)
DOMAINS = np.array(["large"] * 800 + ["small"] * 100)


@settings(max_examples=40)
@given(count=st.integers(0, 300), size=st.integers(1, 40), seed=st.integers(0, 99), epoch=st.integers(0, 9))
def test_an_epoch_has_every_row_once_and_depends_on_seed_and_epoch_alone(count, size, seed, epoch):
    one, two = (EpochSampler(LENGTHS[:count], size, seed) for _ in range(2))
    list(one)  # what was read before does not matter
    for sampler in (one, two):
        sampler.set_epoch(epoch)
    assert sorted(one) == list(range(count))
    assert list(one) == list(two)
    assert len(one) == count


def test_epochs_and_seeds_differ():
    orders = []
    for seed, epoch in ((0, 0), (0, 1), (1, 0)):
        sampler = EpochSampler(LENGTHS, 16, seed)
        sampler.set_epoch(epoch)
        orders.append(tuple(sampler))
    assert len(set(orders)) == 3


def test_batches_are_of_like_length_and_not_in_the_order_of_length():
    order = epoch_order(LENGTHS, 16, np.random.default_rng(0))
    batches = LENGTHS[order][:896].reshape(-1, 16)
    padded, plain = batches.max(axis=1).sum() * 16, LENGTHS[:896].reshape(-1, 16).max(axis=1).sum() * 16
    assert padded < 1.1 * batches.sum() < plain
    assert abs(np.corrcoef(batches.mean(axis=1), np.arange(len(batches)))[0, 1]) < 0.5


def test_the_company_of_a_row_changes_from_epoch_to_epoch():
    for count in (88, 800):
        sampler, partners = EpochSampler(LENGTHS[:count], 16, 0), []
        for epoch in (0, 1):
            sampler.set_epoch(epoch)
            batches = [list(sampler)[start : start + 16] for start in range(0, count, 16)]
            partners.append({(a, b) for batch in batches for a in batch for b in batch if a < b})
        assert len(partners[0] & partners[1]) < 0.5 * len(partners[0])


@pytest.mark.parametrize(("exponent", "small"), [(1.0, 100), (0.0, 450), (0.5, 235)])
def test_every_batch_has_its_share_of_each_domain(exponent, small):
    sampler = EpochSampler(LENGTHS, 18, 0, DOMAINS, exponent)
    order = np.array(list(sampler))
    of_small = DOMAINS[order] == "small"
    assert len(order) == 900
    assert abs(int(of_small.sum()) - small) <= 1
    in_batches = of_small.reshape(-1, 18).sum(axis=1)
    assert in_batches.max() - in_batches.min() <= 2
    large = order[~of_small]
    assert len(set(large)) == len(large)  # those that do not all fit come once


def test_balanced_batches_pad_little_within_each_domain():
    lengths = np.where(DOMAINS == "small", 10 * LENGTHS, LENGTHS)
    order = epoch_order(lengths, 18, np.random.default_rng(0), (DOMAINS == "small").astype(int), 0.0)
    for domain in ("large", "small"):
        spreads = [np.ptp(LENGTHS[batch[DOMAINS[batch] == domain]]) for batch in order.reshape(-1, 18)]
        assert np.mean(spreads) < 12  # of 60


@pytest.mark.parametrize(("small", "exponent"), [(100, 0.0), (200, 0.5), (60, 0.3)])
def test_a_row_that_comes_again_meets_itself_in_no_batch(small, exponent):
    lengths, domains = LENGTHS, (np.arange(900) < small).astype(int)
    order = epoch_order(lengths, 16, np.random.default_rng(1), domains, exponent)
    assert len(order) == 900
    for start in range(0, 900, 16):
        batch = order[start : start + 16]
        assert len(set(batch.tolist())) == len(batch)
