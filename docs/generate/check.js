// Whether KaTeX sets formulas: one JSON object {"latex", "display"} a line in, one line out, "" or what is wrong.
const katex = require("../node_modules/katex");
const lines = require("readline").createInterface({ input: process.stdin });

function fault({ latex, display }) {
  try {
    katex.renderToString(latex, { displayMode: display, strict: "error" });
    return "";
  } catch (error) {
    return error.message;
  }
}

lines.on("line", (line) => process.stdout.write(JSON.stringify(fault(JSON.parse(line))) + "\n"));
