const MOST = 4;
const find = document.getElementById("find"), found = document.getElementById("found"), hits = document.getElementById("hits");
const picked = document.getElementById("picked");
const units = JSON.parse(document.getElementById("units").textContent);
const byId = new Map(units.map((unit) => [unit.id, unit]));
let chosen = inAddress("units").split(",").filter((id) => byId.has(id)).slice(0, MOST);
function show() {
  document.querySelectorAll("[data-unit]").forEach((part) => {
    const at = chosen.indexOf(part.dataset.unit);
    part.classList.remove("pick0", "pick1", "pick2", "pick3");
    if (at >= 0) part.classList.add(`pick${at}`);
    if (part.localName === "tr") part.hidden = chosen.length > 0 && at < 0;
    else if (at >= 0) part.parentNode.append(part); // drawn last, above the others
  });
  document.querySelectorAll("section[data-list]").forEach((section) => {
    section.hidden = chosen.length > 0 && ![...section.querySelectorAll("tr[data-unit]")].some((row) => !row.hidden);
  });
  picked.replaceChildren(...chosen.map((id, at) => {
    const chip = button(`${byId.get(id).name} ×`, () => { chosen = chosen.filter((other) => other !== id); show(); });
    chip.className = `pick${at}`;
    chip.setAttribute("aria-label", picked.dataset.remove.replace("{name}", () => byId.get(id).name));
    return chip;
  }));
  document.querySelectorAll("a[data-twin]").forEach((link) => { link.href = link.dataset.twin + (chosen.length ? `?units=${encodeURIComponent(chosen.join(","))}` : ""); });
  setAddress("units", chosen.join(","));
}
function search() {
  const wanted = squeezed(find.value);
  const matching = wanted ? units.filter((unit) => matches(unit.terms, wanted)) : [];
  const free = matching.length ? matching : nearest(units, wanted);
  found.textContent = !wanted ? "" : chosen.length >= MOST ? found.dataset.full
    : (matching.length ? found.dataset.found.replace("{n}", matching.length) : found.dataset.none.replace("{text}", () => find.value.trim()));
  const offered = wanted && chosen.length < MOST ? free.filter((unit) => !chosen.includes(unit.id)).slice(0, 8) : [];
  hits.replaceChildren(...offered.map((unit) => button(`+ ${unit.name}`, () => {
    chosen.push(unit.id);
    find.value = "";
    show();
    search();
    find.focus();
  })));
}
find.addEventListener("input", search);
show();
