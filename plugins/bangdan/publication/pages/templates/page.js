const find = document.getElementById("find"), found = document.getElementById("found"), hits = document.getElementById("hits");
const rows = [...document.querySelectorAll("table[data-list] tbody tr")];
const units = [...new Map(rows.map((row) => [row.dataset.unit, {
  id: row.dataset.unit, terms: row.dataset.terms, name: row.querySelector("a").textContent, page: row.querySelector("a").getAttribute("href"),
}])).values()];
// Accounts and outlets, where the page has them, each with its terms; spelled when something is first looked for.
let others = null;
function spellings(name, readings) {
  const each = [...squeezed(name)].map((character) => readings[character] ?? [character]);
  const whole = each.reduce((made, syllables) => made.flatMap((begin) => syllables.map((next) => [...begin, next])).slice(0, 8), [[]]);
  return whole.flatMap((syllables) => [syllables.join(""), syllables.map((syllable) => syllable[0]).join("")]);
}
function findable() {
  const data = document.getElementById("findable");
  if (!data) return [];
  const { accounts, outlets, readings, pages } = JSON.parse(data.textContent);
  const terms = (names) => names.flatMap((name) => [squeezed(name), ...spellings(name, readings)]).join("|");
  return [
    ...accounts.map(([name, platforms, ...former]) => ({
      name: `${name} · ${platforms}`, terms: terms([name, ...former]), page: `${pages[0]}?q=${encodeURIComponent(name)}`,
    })),
    ...outlets.flatMap(([channel, title, names]) => names.map((name, at) => ({
      name: `${name} · ${title}`, terms: terms([name]), page: `${pages[1]}#${channel}-${at + 1}`,
    }))),
  ];
}
const SHOWN = 6, OTHERS_SHOWN = 8;
function search() {
  const wanted = squeezed(find.value);
  rows.forEach((row) => { row.hidden = !matches(row.dataset.terms, wanted); });
  const matching = units.filter((unit) => matches(unit.terms, wanted));
  if (wanted) others ??= findable();
  const further = wanted ? others.filter((other) => matches(other.terms, wanted)) : [];
  const words = matching.length || further.length ? found.dataset.found : found.dataset.none;
  found.textContent = wanted ? words.replace("{n}", matching.length).replace("{text}", () => find.value.trim()) : "";
  hits.replaceChildren();
  if (wanted && matching.length <= SHOWN) matching.forEach((unit) => hits.append(element("a", unit.name, { href: unit.page })));
  if (matching.length > 1 && matching.length <= 4 && wanted) {
    const chosen = matching.map((unit) => unit.id).join(",");
    hits.append(element("a", hits.dataset.compare, { href: `${hits.dataset.page}?units=${encodeURIComponent(chosen)}` }));
  }
  if (further.length) hits.append(element("span", hits.dataset.others.replace("{n}", further.length), { class: "soft" }));
  further.slice(0, OTHERS_SHOWN).forEach((other) => hits.append(element("a", other.name, { href: other.page })));
  if (wanted && !matching.length && !further.length) {
    const near = nearest(units, wanted);
    if (near.length) hits.append(hits.dataset.near);
    near.forEach((unit) => hits.append(button(unit.name, () => { find.value = unit.name; search(); find.focus(); })));
  }
  setAddress("q", find.value.trim());
}
find.addEventListener("input", search);
if (inAddress("q")) { find.value = inAddress("q"); search(); }
