// Formulas as HTML: one JSON object {"latex", "display"} a line in, one {"html"} or {"error"} a line out.
const katex = require("../node_modules/katex");
const lines = require("readline").createInterface({ input: process.stdin });

function set({ latex, display }) {
  try {
    return { html: katex.renderToString(latex, { displayMode: display, strict: "error" }) };
  } catch (error) {
    return { error: error.message };
  }
}

lines.on("line", (line) => process.stdout.write(JSON.stringify(set(JSON.parse(line))) + "\n"));
