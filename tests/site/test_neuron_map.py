"""The interactive map of one neuron, in Chromium: its JavaScript against the package, its controls, its address."""

import itertools

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory._kernels import erf, relu, relu2, single_neuron
from sobolev_theory.single_neuron.spectrum import smallest_sign

MODULES = {"relu": relu, "relu2": relu2, "erf": erf}
TOLERANCE = 1e-12  # of the size of the terms; both run the same operations, on sines that may differ in the last place
ANGLES = [0.0, 1e-300, 1e-12, 1e-8, 1e-4, 0.1, 1.0, 1.25, np.pi / 2, 2.2, 3.0, *(np.pi - np.array([1e-4, 1e-8, 0.0]))]
NORMS = [(1.0, 1.0), (0.3, 1.0), (1.7, 0.6), (1e-8, 1.0), (1e6, 1.0)]
RATIOS = [1e-100, 1e-8, 0.3, 1.0, 1.5, np.pi, 50.0, 1e8, 1e100]
LOSSES = {"L2": ("L2", "backprop"), "backprop": ("H1", "backprop"), "exact": ("H1", "exact")}


@pytest.fixture(scope="module")
def page(site, browser):
    """The page that stands alone, opened as a file; it asks nobody for anything, and its script runs."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.on("request", lambda request: faults.append(request.url) if request.url != page.url else None)
    page.goto((site / "neuron_map.html").as_uri())
    faults.clear()
    yield page
    assert not faults
    page.close()


def in_browser(page, function, points):
    """The values of a JavaScript function at many points, by one call."""
    return page.evaluate(f"points => points.map({function})", [list(map(float, point)) for point in points])


def close(found, expected, scale):
    """Within the tolerance, infinite and undefined numbers at the same places."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))
    finite = np.isfinite(expected)
    np.testing.assert_array_less(np.abs(found - expected)[finite], (TOLERANCE * scale + 1e-300 + 0 * expected)[finite])
    np.testing.assert_array_equal(found[~finite], expected[~finite])


def arguments(chart, p, q, theta):
    sine, cosine = 0.0 if theta == np.pi else np.sin(theta), np.cos(theta)
    return (p, q, theta, sine, cosine) if chart == "polar" else (p * p, p * q * cosine, q * q, (p * q * sine) ** 2)


@np.errstate(all="ignore")
@pytest.mark.parametrize("name", MODULES)
def test_each_generated_function_is_the_kernel(page, name):
    module = MODULES[name]
    pairs = [arguments(module.CHART, p, q, theta) for (p, q), theta in itertools.product(NORMS, ANGLES)]
    keys = page.evaluate(f"Object.keys(neuronMap.CATALOGUE.{name}.kernels)")
    assert len(keys) >= 20
    for key in keys:
        quantity, order, convention = key.split()
        if quantity == "eigenvalues":
            kernel = single_neuron.EIGENVALUES[int(order), convention]
            points = [(r, *arguments("polar", 1.0, r, theta)[3:]) for r, theta in itertools.product(RATIOS, ANGLES)]
        else:
            kernel = module.KERNELS[quantity, int(order), convention]
            points = pairs if not quantity.startswith("self_") else [pair[:1] for pair in pairs]
        found = in_browser(page, f"at => neuronMap.CATALOGUE.{name}.kernels['{key}'](...at)", points)
        columns = [np.array(column) for column in zip(*points, strict=True)]
        values = kernel(np, *columns)
        expected = np.stack(np.broadcast_arrays(*(values if isinstance(values, tuple) else (values,)), columns[0])[:-1])
        close(np.reshape(found, expected.T.shape), expected.T, np.abs(expected.T).max(1, keepdims=True, initial=0))


@np.errstate(all="ignore")
@pytest.mark.filterwarnings("ignore::sobolev_theory.ConditioningWarning")
@pytest.mark.parametrize("name", LOSSES)
def test_one_relu_neuron_is_that_of_the_package(page, name):
    norm, convention = LOSSES[name]
    points = list(itertools.product(ANGLES, RATIOS))
    angle, ratio = np.array(points).T
    one = st.single_neuron
    model, loss, at = "neuronMap.CATALOGUE.relu", f"neuronMap.LOSSES.{name}", "neuronMap.pairAtAngle(1 / r, 1, angle)"

    found = in_browser(page, f"([angle, r]) => neuronMap.spectrum({model}, '{name}', {at})", points)
    steep = 1 / np.maximum(np.sin(angle), 1e-300) if name == "exact" else 1.0
    scale = 1 + ratio * steep
    expected = one.eigenvalues(angle, ratio, norm, derivative=convention)
    close([at["values"] for at in found], expected, scale[:, None])
    kappa = one.condition_number(angle, ratio, norm, derivative=convention)
    close([1 / at["kappa"] for at in found], 1 / kappa, 1.0)
    sign = smallest_sign(angle, ratio, norm, derivative=convention)
    np.testing.assert_array_equal([at["definite"] for at in found], sign > 0)

    slopes = f"([angle, r]) => {{ const [a, t] = neuronMap.gradient({model}, {loss}, {at}); return [-a, t * r]; }}"
    velocity = one.velocity(angle, ratio, norm, derivative=convention)
    close(in_browser(page, slopes, points), velocity, np.stack([1 + 1 / ratio, 1 + ratio], axis=-1))


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_loss_gradient_and_hessian_are_those_of_the_package(page, name, norm):
    """In three dimensions, where one eigenvector is transverse; ReLU in the backprop convention."""
    q = 0.7
    points = [(p, theta) for p, theta in itertools.product([0.2, 0.7, 3.0], [0.0, 1e-7, 0.4, np.pi / 2, 2.5, np.pi])]
    points = [point for point in points if point[1] not in (0.0, np.pi)] if name == "relu" else points
    key = "L2" if norm == "L2" else "backprop"
    script = f"""([p, angle]) => {{
      const [model, at] = [neuronMap.CATALOGUE.{name}, neuronMap.pairAtAngle(p, {q}, angle)];
      const loss = neuronMap.LOSSES.{key};
      return [neuronMap.populationLoss(model, loss, at), neuronMap.gradient(model, loss, at),
              neuronMap.eigenvalues(model, loss, at)];
    }}"""
    theory = st.PopulationLoss(st.Network([[q, 0, 0]], [1.0], activation=name), norm)
    for (p, angle), (value, gradient, eigenvalues) in zip(points, in_browser(page, script, points), strict=True):
        along, towards = np.array([np.cos(angle), np.sin(angle), 0]), np.array([np.sin(angle), -np.cos(angle), 0])
        student = st.Network([p * along], [1.0], activation=name)
        size = (p + q) ** (4 if name == "relu2" else 2)
        close(value, theory.value(student), size)
        expected = theory.gradient(student)[0]
        close(gradient, [expected @ along, expected @ towards], size / min(p, q))
        hessian = np.sort(np.linalg.eigvals(theory.hessian(student).to_dense()).real)
        close(np.sort(eigenvalues), hessian, size / min(p, q) ** 2)


def test_the_clock_is_that_of_the_package(page):
    """At the teacher the Hessian is the Gauss-Newton matrix; of exact ReLU it is the one of backprop."""
    for name, (key, (norm, _)) in itertools.product(MODULES, LOSSES.items()):
        found = page.evaluate(f"neuronMap.sharpness(neuronMap.CATALOGUE.{name}, '{key}', 0.7)")
        teacher = st.Network([[0.7, 0, 0]], [1.0], activation=name)
        largest = st.PopulationLoss(teacher, norm).gauss_newton(teacher).spectrum().largest
        close(found, largest, 1 + largest)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize(("angle", "ratio"), [(1.0, 1.5), (2.6, 1.0), (np.pi / 2, 20.0), (0.0, 0.7), (1e-6, 3.0)])
def test_the_flow_is_that_of_the_package(page, name, angle, ratio):
    """Local errors of 1e-9 in the browser, of 1e-10 here, no rate of growth above 1/2 for ten time constants: 1e-6."""
    norm, convention = LOSSES[name]
    found = page.evaluate(
        f"""([angle, r]) => neuronMap.flow(neuronMap.CATALOGUE.relu, '{name}',
              Math.cos(angle) / r, Math.sin(angle) / r, 1, 20)""",
        [angle, ratio],
    )
    expected = st.reduced.single_neuron_flow(angle, ratio, 20.0, norm, derivative=convention)(found["times"])
    points = expected[:, :1] * np.stack([np.cos(expected[:, 1]), np.sin(expected[:, 1])], axis=-1)
    assert found["times"][-1] == 20
    np.testing.assert_allclose(found["points"], points, rtol=0, atol=1e-6)


def test_controls_change_the_numbers_and_the_address(page):
    page.goto(page.url.partition("#")[0] + "#angle=90&ratio=1.25&activation=none&teacher=")
    page.wait_for_function("document.querySelector('[name=angle-shown]').value.startsWith('90')")
    kappa = page.locator(".numbers tr").nth(0).locator("td").nth(3)
    expected = st.single_neuron.condition_number(np.pi / 2, 1.25, "L2")
    assert float(kappa.text_content()) == pytest.approx(expected, rel=1e-3)
    page.focus("[name=angle]")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash.includes('angle=90.5')")
    page.click("text=L2 indefinite")
    page.wait_for_function("document.querySelector('.verdict').textContent.startsWith('No rate follows here')")
    box = page.locator(".plane").bounding_box()
    page.mouse.click(box["x"] + 5 / 6 * box["width"], box["y"] + box["width"] / 3)  # (1, 1/2) in units of |w*|
    page.wait_for_function("location.hash.includes('angle=26.') && location.hash.includes('ratio=0.89')")
    page.select_option("[name=activation]", "erf")
    page.wait_for_function("document.querySelectorAll('.numbers tr').length === 2")
    assert page.locator("[name=teacher]").is_visible()


def test_an_address_out_of_range_is_at_an_end_of_the_slider(page):
    """Ranges are those of the sliders, whose positions are logarithms but for the angle."""
    ends = "['angle', 'ratio', 'teacher'].map(name => { const of = document.querySelector(`[name=${name}]`);"
    for side, address in (("min", "angle=-1&ratio=0&teacher=1e-9"), ("max", "angle=1e9&ratio=33&teacher=8.1")):
        page.goto(page.url.partition("#")[0] + f"#activation=erf&{address}")
        page.wait_for_function(f"{ends} return of.value === of.{side}; }}).every(Boolean)")
        shown = page.locator("[name=ratio-shown], [name=teacher-shown], [name=angle-shown]").all_text_contents()
        assert shown == {"min": ["0.000°", "0.6690", "0.2500"], "max": ["180.0°", "32.00", "8.000"]}[side]


def test_the_page_is_light(site):
    assert (site / "neuron_map.html").stat().st_size < 200_000
