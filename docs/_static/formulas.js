// Formulas are set when the page is read, and those of a folded part when it is unfolded.
function set(part) {
  for (const formula of part.querySelectorAll(".formula:not([data-set])")) {
    if (formula.closest("details:not([open])")) continue;
    formula.dataset.set = "yes";
    const displayMode = formula.tagName === "DIV";
    katex.render(formula.textContent, formula, { displayMode });
    const parts = [...formula.querySelectorAll(".base")]; // between which a line may break
    const room = formula.closest("p, li, dd, td, th, div").clientWidth;
    if (!displayMode && parts.some((part) => part.offsetWidth > room)) formula.classList.add("wide");
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0; // reached by keyboard
  }
}

for (const fold of document.querySelectorAll("details")) fold.addEventListener("toggle", () => set(fold));
set(document);
