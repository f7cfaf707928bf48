// The theory of one neuron w that learns w* from Gaussian inputs, made of the kernels of CATALOGUE.
//
// A pair (w, w*) is given by p = |w|, q = |w*| and the angle. Vectors in the plane of w and w* are written in the
// orthonormal frame (along, towards): along w, and orthogonal to it on the side of w*.

// J_n(pi - x), of order x^(2n+1) at x = 0: the closed form for large x, and its Taylor series where that cancels.
function arc_cosine_of_supplement(n, x, sine, cosine) {
  if (x >= SWITCH) return CLOSED_FORMS[n](x, sine, cosine);
  const square = x * x;
  let total = 0;
  for (let k = SERIES[n].length - 1; k >= 0; k--) total = total * square + SERIES[n][k];
  for (let k = 0; k < n; k++) total = total * square;
  return total * x;
}

function arc_cosine(n, angle, sine, cosine) {
  return arc_cosine_of_supplement(n, Math.PI - angle, sine, -cosine);
}

// A loss: the orders of the norm, with weights one, and the convention of derivatives.
const LOSSES = {
  L2: { orders: [0], convention: "backprop" },
  backprop: { orders: [0, 1], convention: "backprop" },
  exact: { orders: [0, 1], convention: "exact" },
};

function pairAtAngle(p, q, theta) {
  return { p, q, theta, sine: theta === Math.PI ? 0 : Math.sin(theta), cosine: Math.cos(theta) };
}

// w = (x, y), y >= 0, and w* = (q, 0).
function pairAtPoint(x, y, q) {
  const p = Math.max(Math.hypot(x, y), 1e-300);
  return { p, q, theta: Math.atan2(y, x), sine: y / p, cosine: y === 0 ? Math.sign(x) || 1 : x / p };
}

// What a chart gives to kernels, and the two vectors on which they give coefficients, in the frame (along, towards).
const CHARTS = {
  polar: {
    pair: ({ p, q, theta, sine, cosine }) => [p, q, theta, sine, cosine],
    self: ({ p }) => p,
    frame: () => [[1, 0], [0, 1]],
  },
  gram: {
    pair: ({ p, q, sine, cosine }) => [p * p, p * q * cosine, q * q, (p * q * sine) ** 2],
    self: ({ p }) => p * p,
    frame: (at) => rows(at),
  },
};

// w and w* themselves.
function rows({ p, q, sine, cosine }) {
  return [[p, 0], [q * cosine, q * sine]];
}

// The sum of a quantity's kernels over the orders of a loss: a list of numbers, null where no order has the quantity.
function sum(model, loss, quantity, ...given) {
  let total = null;
  for (const order of loss.orders) {
    const kernel = model.kernels[`${quantity} ${order} ${loss.convention}`];
    if (!kernel) continue;
    const values = [kernel(...given)].flat();
    total = total ? total.map((value, i) => value + values[i]) : values;
  }
  return total;
}

function bilinear(model, loss) {
  return loss.orders.reduce((total, order) => total + model.bilinear[order], 0);
}

// F(w, w)/2 - F(w, w*) + F(w*, w*)/2; the bilinear part of F gives b |w - w*|^2 / 2.
function populationLoss(model, loss, at) {
  const chart = CHARTS[model.chart];
  const [own] = sum(model, loss, "self_value", chart.self(at));
  const [teacher] = sum(model, loss, "self_value", chart.self({ p: at.q }));
  const [both] = sum(model, loss, "value", ...chart.pair(at));
  const square = (at.p - at.q * at.cosine) ** 2 + (at.q * at.sine) ** 2;
  return (bilinear(model, loss) * square + own + teacher) / 2 - both;
}

// Gradient in w, in the frame (along, towards).
function gradient(model, loss, at) {
  const chart = CHARTS[model.chart];
  const [w, teacher] = rows(at);
  const frame = chart.frame(at);
  const b = bilinear(model, loss);
  const [itself] = sum(model, loss, "self_field", chart.self(at));
  const result = [0, 1].map((k) => b * (w[k] - teacher[k]) + itself * frame[0][k]);
  const subtract = (coefficients, vectors) => {
    if (coefficients) coefficients.forEach((c, i) => vectors[i].forEach((entry, k) => (result[k] -= c * entry)));
  };
  subtract(sum(model, loss, "field", ...chart.pair(at)), [w, teacher]);
  subtract(sum(model, loss, "field_in_frame", ...chart.pair(at)), frame);
  return result;
}

// Eigenvalues of the Hessian: two in the plane, and the transverse one, d - 2 times.
function eigenvalues(model, loss, at) {
  const closed = sum(model, loss, "eigenvalues", at.q / at.p, at.sine, at.cosine);
  if (closed) return closed;
  const chart = CHARTS[model.chart];
  const [f, g] = chart.frame(at);
  const own = sum(model, loss, "own", ...chart.pair(at));
  const [identity, radial] = sum(model, loss, "self_own", chart.self(at));
  const transverse = bilinear(model, loss) + identity - own[0];
  const entry = (i, j) =>
    (i === j ? transverse : 0) + (radial - own[1]) * f[i] * f[j]
    - own[2] * f[i] * g[j] - own[3] * g[i] * f[j] - own[4] * g[i] * g[j];
  const middle = (entry(0, 0) + entry(1, 1)) / 2;
  const apart = Math.sqrt(((entry(0, 0) - entry(1, 1)) / 2) ** 2 + entry(0, 1) * entry(1, 0));
  return [middle + apart, middle - apart, transverse];
}

// Eigenvalues; the condition number, max |lambda| / min |lambda|, infinite where an eigenvalue vanishes to rounding; and
// whether all eigenvalues are positive.
function spectrum(model, name, at) {
  const values = eigenvalues(model, LOSSES[name], at);
  const moduli = values.map(Math.abs);
  const rounding = 1e-15 * (1 + moduli[1]); // of terms of size 1 + r sin(angle), which the one in the plane shows
  const least = Math.min(...moduli);
  return {
    values,
    kappa: least <= rounding ? Infinity : Math.max(...moduli) / least,
    definite: values.every((value) => value > rounding),
  };
}

// Largest eigenvalue at the teacher. There the exact H1 loss of ReLU has a cone, not a Hessian: the backprop one serves.
function sharpness(model, name, q) {
  const loss = model.jumps && name === "exact" ? LOSSES.backprop : LOSSES[name];
  return Math.max(...eigenvalues(model, loss, pairAtAngle(q, q, 0)));
}

// Gradient flow from (x, y), y >= 0, until `duration`: times and points.
//
// Dormand and Prince's Runge-Kutta method of order 5. The exact H1 field of ReLU jumps across the line of w*, to which
// it points from both sides: once there, the student slides along it.
const STAGES = [
  [],
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
const ERROR = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];
const [RELATIVE, ABSOLUTE, MOST_STEPS, FEWEST_STEPS] = [1e-9, 1e-12, 20000, 200];

function flow(model, name, x, y, q, duration) {
  const loss = LOSSES[name];
  const pulled = model.jumps && name === "exact"; // to the line of w*
  let sliding = pulled && y === 0;

  function velocity([x, y]) {
    const at = pairAtPoint(x, Math.max(y, 0), q);
    const [along, towards] = gradient(model, loss, at);
    return [-along * at.cosine - towards * at.sine, sliding ? 0 : towards * at.cosine - along * at.sine];
  }

  // End point of a step, and its error in units of the tolerance.
  function step(from, h) {
    const slopes = [];
    let to = from;
    for (const row of STAGES) {
      to = from.map((value, k) => value + h * row.reduce((total, a, i) => total + a * slopes[i][k], 0));
      slopes.push(velocity(to));
    }
    const size = ABSOLUTE * q + RELATIVE * Math.max(Math.hypot(...from), Math.hypot(...to));
    const errors = from.map((_, k) => h * ERROR.reduce((total, e, i) => total + e * slopes[i][k], 0));
    return { to, error: Math.hypot(...errors) / size };
  }

  const longest = duration / FEWEST_STEPS;
  const times = [0];
  const points = [[x, y]];
  let [t, h] = [0, longest / 100];
  for (let count = 0; t < duration && count < MOST_STEPS; count++) {
    h = Math.min(h, longest, duration - t);
    const from = points[points.length - 1];
    let { to, error } = step(from, h);
    if (error <= 1) {
      if (pulled && !sliding && to[1] < 0) {
        let [early, late] = [0, h]; // the line is reached between them
        for (let k = 0; k < 60; k++) {
          h = (early + late) / 2;
          ({ to } = step(from, h));
          if (to[1] < 0) late = h;
          else early = h;
        }
        sliding = true;
        to = [to[0], 0];
      }
      t = duration - t <= h ? duration : t + h;
      times.push(t);
      points.push([to[0], Math.max(to[1], 0)]);
    }
    h *= Math.min(4, Math.max(0.2, 0.9 * Math.max(error, 1e-10) ** -0.2));
  }
  return { times, points };
}

// What tests compare with Python.
globalThis.neuronMap = { CATALOGUE, LOSSES, pairAtAngle, populationLoss, gradient, eigenvalues, spectrum, sharpness, flow };
