// The view: controls, the plane, the curves and the table, all drawn from one state, which the address holds.
const root = document.currentScript.previousElementSibling;
const find = (selector) => root.querySelector(selector);
const controls = find("form").elements;
const NAMES = { L2: "L2", backprop: "H1, backprop", exact: "H1, exact" };
const DEFAULTS = { activation: "relu", angle: 60, ratio: 1.25, teacher: 1, convention: "backprop", clock: "equal" };
const rounded = (x) => Number(x.toPrecision(4));
// What a slider says: the angle itself, of others the binary logarithm.
const SLIDERS = ["angle", "ratio", "teacher"];
const said = (name, position) => (name === "angle" ? Number(position) : rounded(2 ** position));
const position = (name, value) => (name === "angle" ? value : Math.log2(value));
const RANGES = Object.fromEntries(SLIDERS.map((name) => [name, [controls[name].min, controls[name].max].map((end) => said(name, end))]));
const [REACH, CELLS, DECADES] = [1.5, 320, 8]; // of the plane, across it, of the loss
let state = { ...DEFAULTS };

const model = () => CATALOGUE[state.activation];
const teacher = () => (state.activation === "erf" ? state.teacher : 1);
const losses = () => (model().jumps ? ["L2", "backprop", "exact"] : ["L2", "backprop"]);
const compared = () => (model().jumps ? state.convention : "backprop");
const title = (name) => (model().jumps ? NAMES[name] : NAMES[name].slice(0, 2));
const radians = () => (state.angle === 180 ? Math.PI : (state.angle * Math.PI) / 180);
const student = () => pairAtAngle(teacher() / state.ratio, teacher(), radians());

function shown(x, digits = 4) {
  if (Number.isNaN(x)) return "–";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  const text = size && (size < 1e-3 || size >= 1e5) ? x.toExponential(2) : x.toPrecision(digits);
  return text.replace("-", "−");
}

// The address

function parse(fragment) {
  const given = new URLSearchParams(fragment);
  const next = { ...DEFAULTS };
  for (const [name, value] of given) {
    if (name in RANGES) {
      const [low, high] = RANGES[name];
      if (value !== "" && Number.isFinite(Number(value))) next[name] = Math.min(high, Math.max(low, Number(value)));
    } else if (name in next && [...controls[name].options].some((option) => option.value === value)) next[name] = value;
  }
  return next;
}

function address() {
  return "#" + new URLSearchParams(Object.entries(state).filter(([name, value]) => value !== DEFAULTS[name]).concat(
    state.angle === DEFAULTS.angle ? [["angle", state.angle]] : [])).toString();
}

// The plane

function tint(ratio) {
  // Steps of a quarter of an octave: white at 1, violet below, brown above.
  const level = Math.max(-2, Math.min(2, Math.round(4 * Math.log2(ratio)) / 4)) / 2;
  const end = level < 0 ? [94, 60, 153] : [140, 81, 10];
  return end.map((c) => Math.round(255 + (c - 255) * Math.abs(level) * 0.85));
}

const scale = Array.from({ length: 17 }, (_, i) => `rgb(${tint(2 ** ((i - 8) / 4))}) ${(100 * i) / 17}% ${(100 * (i + 1)) / 17}%`);
find(".scale").style.background = `linear-gradient(90deg, ${scale})`;

let painted = "";
function paint() {
  const what = [state.activation, compared(), teacher()].join();
  if (what === painted) return;
  painted = what;
  const canvas = find("canvas");
  [canvas.width, canvas.height] = [CELLS, CELLS / 2];
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const q = teacher();
  for (let j = 0; j < canvas.height; j++) {
    for (let i = 0; i < canvas.width; i++) {
      const x = q * REACH * ((2 * (i + 0.5)) / CELLS - 1);
      const y = q * REACH * (1 - (2 * (j + 0.5)) / CELLS);
      const at = pairAtPoint(x, y, q);
      const [first, second] = ["L2", compared()].map((name) => spectrum(model(), name, at));
      let colour = tint(second.kappa / first.kappa);
      if (!first.definite || !second.definite) {
        const line = (!first.definite && (i + j) % 8 < 2) || (!second.definite && (i - j + CELLS) % 8 < 2);
        colour = line ? [91, 101, 112] : [220, 223, 227];
      }
      image.data.set([...colour, 255], 4 * (j * CELLS + i));
    }
  }
  context.putImageData(image, 0, 0);
}

const path = (points) => "M" + points.map((point) => point.map((x) => x.toFixed(4)).join(" ")).join("L");

function drawPlane(flows) {
  const q = teacher();
  const { cosine, sine } = student();
  const [x, y] = [cosine / state.ratio, -sine / state.ratio];
  const lines = Object.entries(flows).map(([name, { points }]) => {
    const d = path(points.map(([x, y]) => [x / q, -y / q]));
    return `<path class="halo" d="${d}"/><path class="line ${name}" d="${d}"/>`;
  });
  const ticks = [-1, 0, 1].map((x) => `<text x="${x}" y="0.09" text-anchor="middle">${x === 1 ? "w*" : x}</text>`);
  find(".plane .drawn").innerHTML =
    `<line class="arm" x1="${-REACH}" x2="${REACH}" y1="0" y2="0"/><line class="arm" x1="0" y1="0" x2="${x}" y2="${y}"/>`
    + lines.join("") + `<circle class="teacher" r="0.036" cx="1" cy="0"/>` + ticks.join("");
  find(".student").setAttribute("cx", x);
  find(".student").setAttribute("cy", y);
}

// The curves

function duration() {
  const at = pairAtAngle(teacher(), teacher(), 0);
  return 10 / Math.min(...eigenvalues(model(), LOSSES.L2, at));
}

const speed = (name) => (state.clock === "same" ? 1 : sharpness(model(), "L2", teacher()) / sharpness(model(), name, teacher()));

function flowsFromStudent() {
  const at = student();
  const start = [at.p * at.cosine, at.p * at.sine, at.q];
  return Object.fromEntries(losses().map((name) => [name, flow(model(), name, ...start, duration() * speed(name))]));
}

function drawCurves(flows) {
  const end = duration();
  const [left, top, width, height] = [52, 10, 338, 196];
  const across = (t) => left + (width * t) / end;
  const down = (decades) => top + (height * decades) / DECADES;
  const start = populationLoss(model(), LOSSES.L2, student());
  let drawn = "";
  for (let k = 0; k <= DECADES; k += 2) {
    drawn += `<line class="grid" x1="${left}" x2="${left + width}" y1="${down(k)}" y2="${down(k)}"/>`
      + `<text x="${left - 6}" y="${down(k) + 4}" text-anchor="end">${k ? `1e−${k}` : 1}</text>`;
  }
  for (let k = 0; k <= 4; k++) {
    const t = (end * k) / 4;
    drawn += `<line class="grid" x1="${across(t)}" x2="${across(t)}" y1="${top}" y2="${top + height}"/>`
      + `<text x="${across(t)}" y="${top + height + 17}" text-anchor="${k === 4 ? "end" : "middle"}">${Number(t.toPrecision(3))}</text>`;
  }
  drawn += `<text x="${left + width / 2}" y="246" text-anchor="middle">time</text>`;
  for (const [name, { times, points }] of Object.entries(flows)) {
    const curve = [];
    for (let i = 0; i < times.length && start > 0; i++) {
      const loss = populationLoss(model(), LOSSES.L2, pairAtPoint(...points[i], teacher()));
      const decades = -Math.log10(Math.max(loss / start, 1e-30));
      curve.push([across(times[i] / speed(name)), down(Math.min(decades, DECADES))]);
      if (decades >= DECADES) break;
    }
    if (curve.length) drawn += `<path class="line ${name}" d="${path(curve)}"/>`;
  }
  find(".curves .drawn").innerHTML = drawn;
  const key = (name) => `<svg viewBox="0 0 36 12" aria-hidden="true"><line class="line ${name}" x1="0" x2="36" y1="6" y2="6"/></svg>`;
  find(".keys").innerHTML = losses().map((name) => `<span>${key(name)} ${title(name)}</span>`).join("");
  find(".clock-said").textContent = state.clock === "equal"
    ? "Equal sharpness: H1 runs slower, as its largest eigenvalue at the teacher is larger."
    : "As is: every flow by its own gradient; H1 gains from being steeper.";
}

// The numbers

function drawNumbers() {
  const spectra = Object.fromEntries(losses().map((name) => [name, spectrum(model(), name, student())]));
  const closed = model().kernels["eigenvalues 0 backprop"];
  find(".first").textContent = closed ? "radial" : "in the plane, larger";
  find(".second").textContent = closed ? "in-plane" : "smaller";
  find(".numbers").innerHTML = losses().map((name) => {
    const { values, kappa, definite } = spectra[name];
    const cells = [...values, kappa, kappa / spectra.L2.kappa].map((x) => `<td>${shown(x)}</td>`).join("");
    return `<tr><th scope="row">${title(name)}</th>${cells}<td>${definite ? "yes" : "no"}</td></tr>`;
  }).join("");
  const [first, second] = [spectra.L2, spectra[compared()]];
  const indefinite = ["L2", compared()].filter((name) => !spectra[name].definite).map(title).join(" and ");
  const x = closed ? ` (x = r sin(θ)/π = ${shown((state.ratio * student().sine) / Math.PI)})` : "";
  const quotient = second.kappa / first.kappa;
  find(".verdict").textContent = indefinite
    ? `No rate follows here: the Hessian of ${indefinite} is not positive definite${x}.`
    : `${Math.abs(quotient - 1) < 1e-9 ? "H1 and L2 are equally" : quotient < 1 ? "H1 is better" : "H1 is worse"} `
      + `conditioned here${x}: `
      + `κ = ${shown(second.kappa)} for ${title(compared())}, ${shown(first.kappa)} for L2, ratio ${shown(quotient)}.`;
}

// All of it

function draw() {
  for (const label of root.querySelectorAll("[data-only]")) label.hidden = label.dataset.only !== state.activation;
  for (const name of ["activation", "convention", "clock"]) controls[name].value = state[name];
  for (const name of SLIDERS) controls[name].value = position(name, state[name]);
  const texts = { angle: `${shown(state.angle)}°`, ratio: shown(state.ratio), teacher: shown(state.teacher) };
  for (const [name, text] of Object.entries(texts)) {
    controls[`${name}-shown`].value = text;
    controls[name].setAttribute("aria-valuetext", text.replace("°", " degrees"));
  }
  const flows = flowsFromStudent();
  paint();
  drawPlane(flows);
  drawCurves(flows);
  drawNumbers();
}

let waiting = false;
function update(changes) {
  state = { ...state, ...changes };
  history.replaceState(null, "", address());
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

find("form").addEventListener("input", ({ target: { name, value } }) => {
  update({ [name]: SLIDERS.includes(name) ? said(name, value) : value });
});
find("form").addEventListener("submit", (event) => event.preventDefault());
for (const button of root.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => update({ ...parse(button.dataset.view), clock: state.clock }));
}

const plane = find(".plane");
function drag(event) {
  const box = plane.getBoundingClientRect();
  const unit = box.width / (2 * REACH);
  const x = (event.clientX - box.left) / unit - REACH;
  const y = Math.max(0, REACH - (event.clientY - box.top) / unit);
  const [low, high] = RANGES.ratio;
  const ratio = Math.min(high, Math.max(low, 1 / Math.max(Math.hypot(x, y), 1e-6)));
  update({ angle: rounded((Math.atan2(y, x) * 180) / Math.PI), ratio: rounded(ratio) });
}
plane.addEventListener("pointerdown", (event) => {
  plane.setPointerCapture(event.pointerId);
  drag(event);
});
plane.addEventListener("pointermove", (event) => {
  if (plane.hasPointerCapture(event.pointerId)) drag(event);
});

function follow() {
  if (location.hash.includes("=")) state = parse(location.hash.slice(1));
  draw();
}
addEventListener("hashchange", follow);
follow();
