// A click on a column's head sorts by it, a second the other way; names sort by pinyin.
const order = new Intl.Collator("zh-Hans-u-co-pinyin", { numeric: true });
document.querySelectorAll("table[data-list]").forEach((table) => {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, at) => {
    head.replaceChildren(button(head.textContent, () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[at].dataset.value ?? row.cells[at].textContent.trim();
      const sorted = [...body.rows].sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        const [n, m] = [parseFloat(x), parseFloat(y)];
        const difference = Number.isNaN(n) || Number.isNaN(m) ? order.compare(x, y) : n - m;
        return down ? -difference : difference;
      });
      body.append(...sorted);
    }));
  });
});
