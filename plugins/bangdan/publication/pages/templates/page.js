"use strict";
// The page is whole without this: it adds search and sorting.
document.querySelectorAll("[data-script]").forEach((e) => { e.hidden = false; });
const find = document.getElementById("find"), found = document.getElementById("found");
find.addEventListener("input", () => {
  const wanted = find.value.trim().toLowerCase();
  const units = new Set();
  document.querySelectorAll("table[data-list] tbody tr").forEach((row) => {
    row.hidden = !row.dataset.unit.toLowerCase().includes(wanted);
    if (!row.hidden) units.add(row.dataset.unit);
  });
  found.textContent = wanted ? found.dataset.words.replace("{n}", units.size) : "";
});
// A click on a column's head sorts by it, a second the other way; names sort by pinyin.
const order = new Intl.Collator("zh-Hans-u-co-pinyin", { numeric: true });
document.querySelectorAll("table[data-list]").forEach((table) => {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[at].dataset.value ?? row.cells[at].textContent.trim();
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        const [n, m] = [parseFloat(x), parseFloat(y)];
        const found = Number.isNaN(n) || Number.isNaN(m) ? order.compare(x, y) : n - m;
        return down ? -found : found;
      });
      body.append(...rows);
    });
  });
});
