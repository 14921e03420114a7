const find = document.getElementById("find"), found = document.getElementById("found"), hits = document.getElementById("hits");
const rows = [...document.querySelectorAll("table[data-list] tbody tr")];
const units = [...new Map(rows.map((row) => [row.dataset.unit, {
  id: row.dataset.unit, terms: row.dataset.terms, name: row.querySelector("a").textContent, page: row.querySelector("a").getAttribute("href"),
}])).values()];
const SHOWN = 6;
function search() {
  const wanted = squeezed(find.value);
  rows.forEach((row) => { row.hidden = !matches(row.dataset.terms, wanted); });
  const matching = units.filter((unit) => matches(unit.terms, wanted));
  const words = matching.length ? found.dataset.found : found.dataset.none;
  found.textContent = wanted ? words.replace("{n}", matching.length).replace("{text}", () => find.value.trim()) : "";
  hits.replaceChildren();
  if (wanted && matching.length <= SHOWN) matching.forEach((unit) => hits.append(element("a", unit.name, { href: unit.page })));
  if (matching.length > 1 && matching.length <= 4 && wanted) {
    const chosen = matching.map((unit) => unit.id).join(",");
    hits.append(element("a", hits.dataset.compare, { href: `${hits.dataset.page}?units=${encodeURIComponent(chosen)}` }));
  }
  if (wanted && !matching.length) {
    const near = nearest(units, wanted);
    if (near.length) hits.append(hits.dataset.near);
    near.forEach((unit) => hits.append(button(unit.name, () => { find.value = unit.name; search(); find.focus(); })));
  }
  setAddress("q", find.value.trim());
}
find.addEventListener("input", search);
if (inAddress("q")) { find.value = inAddress("q"); search(); }
