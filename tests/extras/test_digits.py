"""Losses of images, stacks of networks and distances of the experiments on digits, against definitions."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

import torch

from examples.paper import denoising_digits, diffusion_digits, digits
from examples.paper.claims import statements
from examples.paper.experiment import committed
from examples.paper.frechet import Features, frechet_distance

WAVES = ((0.7, 1, 0, 0.3), (0.4, 2, 3, 1.1), (0.2, -5, 6, 2.0))  # amplitude, periods down and across, phase


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def place(size):
    x = 2 * np.pi * torch.arange(size, dtype=torch.float64) / size
    return x[:, None], x


def band_limited(size):
    down, across = place(size)
    return sum(a * torch.cos(j * down + k * across + phase) for a, j, k, phase in WAVES)


@pytest.mark.parametrize("size", [16, 21])
def test_fourier_norm_is_that_of_the_band_limited_image(size):
    """``sum a^2/2 (1 + (2 pi/n)^2 (j^2 + k^2))`` for waves below half a turn a pixel, wherever the image lies.

    Frequencies are float32: seven digits.
    """
    loss = digits.fourier(1 + digits.squared_frequencies(size))
    exact = sum(a**2 / 2 * (1 + (2 * np.pi / size) ** 2 * (j**2 + k**2)) for a, j, k, _ in WAVES)
    image = band_limited(size)
    assert float(loss(image)) == pytest.approx(exact, rel=1e-6)
    assert float(loss(image.roll((3, -5), (0, 1)))) == pytest.approx(exact, rel=1e-6)


def test_frequencies_that_are_not_folded_weigh_fast_waves_least():
    """The halves of a real wave ``cos a x`` have half of its power each: ``(a^2 + (2 pi - a)^2)/2``, least at pi."""
    size = 16
    loss = digits.fourier(digits.squared_frequencies(size, folded=False))
    found = [float(loss(2**0.5 * torch.cos(k * place(size)[1]).expand(size, size))) for k in range(1, 8)]
    radians = 2 * np.pi * np.arange(1, 8) / size
    np.testing.assert_allclose(found, np.pi**2 + (np.pi - radians) ** 2, rtol=1e-6)
    assert (np.diff(found) < 0).all()


def test_differences_are_derivatives_to_second_order():
    """For ``(1 - cos x)(1 - cos y)``, which is flat where it is cut: ``1 - (2 pi/n)^2/12`` of the derivative.

    The next terms are the cut's, of order ``n^-3``: at n = 128 a few per cent of the first, and half of that at 256.
    """
    sizes = np.array([128, 256])
    short = []
    for size in sizes:
        down, across = place(size)
        image = (1 - torch.cos(down)) * (1 - torch.cos(across))
        exact = digits.fourier(digits.squared_frequencies(size))(image)
        short.append(1 - float(digits.squared_differences(image) / exact))
    off = np.array(short) * sizes**2 / ((2 * np.pi) ** 2 / 12) - 1
    assert 0 < off[1] < 0.04
    assert off[0] / off[1] == pytest.approx(2, rel=0.05)


def test_losses_of_both_experiments_agree_where_there_is_no_slope():
    """On constant residuals all are the mean square; in diffusion all but the public code's have the same weights."""
    training = digits.images()[0]
    constant = 0.3 * torch.ones(7, digits.SIZE, digits.SIZE)
    for name, loss in denoising_digits.losses(training).items():
        np.testing.assert_allclose(loss(constant), 0.09, rtol=1e-5, err_msg=name)
    t = torch.linspace(0.01, 0.99, 7)
    weights = np.minimum(1 / np.tan(np.pi / 2 * t.numpy()) ** 2, diffusion_digits.CLIP)
    for name, objective in diffusion_digits.objectives(training).items():
        if name != "public code":
            np.testing.assert_allclose(objective(constant, t), 0.09 * weights, rtol=1e-4, err_msg=name)


def test_noises_have_the_same_power():
    """A mean square of 0.09: pixels to a standard error of 1e-3, waves exactly, as each has whole periods."""
    white, wave = (denoising_digits.noise(kind, digits.Streams([0]), 400) for kind in denoising_digits.NOISES)
    assert float(digits.mean_square(white).mean()) == pytest.approx(0.09, rel=0.03)
    np.testing.assert_allclose(digits.mean_square(wave), 0.09, rtol=1e-5)


def test_frechet_distance():
    """Closed forms: two by two, ``(tr sqrt M)^2 = tr M + 2 sqrt(det M)``; covariances that commute; equal ones."""
    rng = np.random.default_rng(0)
    A, B = (factor @ factor.T for factor in rng.standard_normal((2, 2, 2)))
    m, n = rng.standard_normal((2, 2))
    overlap = np.sqrt(np.trace(A @ B) + 2 * np.sqrt(np.linalg.det(A) * np.linalg.det(B)))
    exact = np.sum((m - n) ** 2) + np.trace(A + B) - 2 * overlap
    assert frechet_distance((m, A), (n, B)) == pytest.approx(exact, rel=1e-12)
    assert frechet_distance((n, B), (m, A)) == pytest.approx(exact, rel=1e-12)
    assert frechet_distance((m, A), (m, A)) == pytest.approx(0, abs=1e-12)
    a, b = np.array([1.0, 4.0, 0.0]), np.array([9.0, 0.25, 4.0])
    zero = np.zeros(3)
    assert frechet_distance((zero, np.diag(a)), (zero, np.diag(b))) == pytest.approx(4 + 2.25 + 4, rel=1e-12)

    images = digits.images()[0].numpy()
    features, some, others = Features(images, 20), images[:300], images[300:]
    distance = features.distance(some, others)
    assert distance > 0
    assert features.distance(rng.permutation(some), others) == pytest.approx(distance, rel=1e-9)
    assert features.distance(some, some) == pytest.approx(0, abs=1e-9)
    assert np.isnan(features.distance(np.full_like(some, np.inf), others))


@pytest.fixture
def double(monkeypatch):
    """Numbers of double precision throughout, and few images."""
    parts = tuple(part[:40].double() for part in digits.images())
    monkeypatch.setattr(digits, "images", lambda: parts)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def test_models_of_a_stack_are_trained_as_by_torch_alone(double):
    """Each as PyTorch's Adam with its cosine does, to rounding, whatever else is in the stack.

    Adam divides by the size of a gradient, which is rounding where a gradient is: nine digits are left.
    """
    steps, models = 5, [(0.004, 1), (0.002, 2), (0.002, 1)]
    stacked, alone = (
        denoising_digits.trained("white", digits.mean_square, some, [0, steps])[0] for some in (models, models[:1])
    )
    assert stacked.shape == (2, 3, 3)
    np.testing.assert_allclose(alone[:, 0], stacked[:, 0], rtol=1e-9)

    rate, seed = models[0]
    training, validation, test = digits.images()
    parameters, streams = digits.start(denoising_digits.layers(), [seed]), digits.Streams([seed + 1_000_000])
    optimiser = torch.optim.Adam(parameters, lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        images = streams.batches(training, denoising_digits.BATCH)
        x = images + denoising_digits.noise("white", streams, denoising_digits.BATCH)
        optimiser.zero_grad()
        torch.nn.functional.mse_loss(denoising_digits.network(parameters, x), images).backward()
        optimiser.step()
        schedule.step()
    clean = torch.cat([validation, test])
    noisy = clean + denoising_digits.noise("white", digits.Streams([2_000_000]), len(clean))
    with torch.no_grad():
        residual = (denoising_digits.network(parameters, noisy) - clean)[0]
    errors = [float((part**2).mean()) for part in residual.split([len(validation), len(test)])]
    np.testing.assert_allclose(errors, stacked[1, 0, :2], rtol=1e-9)
    assert errors[0] < stacked[0, 0, 0]


def test_networks_of_one_model_are_those_of_torch():
    """Of convolutions of three by three pixels, with strides of two and their transposes, to rounding of float32."""
    parameters = digits.start(denoising_digits.layers(), [3])
    pairs = [(weight[0], bias[0]) for weight, bias in zip(parameters[::2], parameters[1::2], strict=True)]
    a, b, c = denoising_digits.CHANNELS
    nn, code = torch.nn, denoising_digits.CODE
    back = {"stride": 2, "padding": 1, "output_padding": 1}
    layers = [
        *(nn.Conv2d(1, a, 3, padding=1), nn.Conv2d(a, b, 3, 2, padding=1), nn.Conv2d(b, c, 3, 2, padding=1)),
        *(nn.Linear(4 * c, code), nn.Linear(code, 4 * c)),
        *(nn.ConvTranspose2d(c, b, 3, **back), nn.ConvTranspose2d(b, a, 3, **back), nn.Conv2d(a, 1, 3, padding=1)),
    ]
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, pairs, strict=True):
            layer.weight.copy_(weight.T if isinstance(layer, nn.Linear) else weight)
            layer.bias.copy_(bias)
        images = digits.images()[0][:5]
        h = images[:, None]
        for k, layer in enumerate(layers):
            h = h.flatten(1) if k == 3 else h.unflatten(1, (c, 2, 2)) if k == 5 else h
            h = nn.functional.leaky_relu(layer(h)) if k < 7 else layer(h)
        np.testing.assert_allclose(denoising_digits.network(parameters, images[None])[0], h[:, 0], atol=1e-5)


def test_samples_of_the_exact_network_have_the_right_spread(monkeypatch):
    """Of Gaussian data of spread s the mean is ``a s^2 x/(a^2 s^2 + b^2)``, and steps turn noise into spread s.

    400 steps err by a per cent, and so do 20,000 numbers; to be cut off, a number has to be five spreads away.
    """
    spread = 0.2

    def exact(parameters, x, t):
        a, b = (torch.pi / 2 * t[..., None, None]).cos(), (torch.pi / 2 * t[..., None, None]).sin()
        return a * spread**2 * x / (a**2 * spread**2 + b**2)

    monkeypatch.setattr(diffusion_digits, "network", exact)
    noise = torch.randn(1, 400, 8, 8, generator=torch.Generator().manual_seed(0))
    assert float(diffusion_digits.sample([], noise, 400).std()) == pytest.approx(spread, rel=0.02)


def test_rate_is_chosen_by_validation_alone():
    """With the tuning seeds, among finite errors; then other seeds run with that rate."""
    asked = []

    def run(models, record):
        asked.append((models, list(record)))
        errors = {0.1: 3.0, 0.2: 1.0, 0.4: np.nan}
        return np.array([[[errors[rate], 7.0] for rate, _ in models] for _ in record]), 0.5

    found = digits.tuned(run, digits.Budget((0.1, 0.2, 0.4), (11, 12), 8, 2), 3)
    assert (found.rate, found.seconds, found.tuning.shape) == (0.2, 0.5, (3, 2))
    (candidates, ends), (models, record) = asked
    assert candidates == [(rate, seed) for rate in (0.1, 0.2, 0.4) for seed in (11, 12)]
    assert (ends, models, record) == ([8], [(0.2, 0), (0.2, 1), (0.2, 2)], [0, 4, 8])


def test_first_below():
    errors = np.array([[3.0, 3.0], [1.0, 3.0], [2.0, 1.0]])
    assert denoising_digits.first_below([0, 10, 20], errors, np.array([1.5, 1.0])) == 15
    assert denoising_digits.first_below([0, 10, 20], errors, np.array([0.5, 0.5])) == np.inf


def test_verdicts_are_of_the_committed_numbers():
    rows = [
        dict(zip(data, row, strict=True))
        for data in [committed("denoising_digits").table.data()]
        for row in zip(*data.values(), strict=True)
    ]
    with_l2 = {row["noise"]: row for row in rows if row["loss"] == "L2"}
    true = [row for row in rows if row["loss"] not in ("L2", "H1 unfolded")]
    more = [100 * (row["ratio"] - 1) for row in true]
    verdict = statements("denoising_digits")["Verdict"]
    assert f"{min(more):.0f} to {max(more):.0f} per cent larger" in verdict
    assert sum(row["ratio"] - 2 * row["ratio_error"] > 1 for row in true) == 3
    assert sum(row["steps"] > with_l2[row["noise"]]["steps"] for row in true) == 7

    data = committed("diffusion_digits").table.data()
    verdict = statements("diffusion_digits")["Verdict"]
    for ratio, error in list(zip(data["ratio"], data["ratio_error"], strict=True))[1:]:
        assert f"{100 * (ratio - 1):.0f} ± {100 * error:.0f}" in verdict
