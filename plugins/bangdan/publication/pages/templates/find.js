// Search: a unit's terms hold its names of today and before, pinyin, initials and id.
const squeezed = (text) => text.toLowerCase().replace(/\s+/g, "");
const matches = (terms, wanted) => terms.split("|").some((term) => term.includes(wanted));
// How much two texts have in common: characters, and pairs of neighbours, that both have (Dice).
function likeness(a, b) {
  const parts = (text) => [...text, ...[...text].slice(1).map((character, at) => text[at] + character)];
  const [x, y] = [parts(a), parts(b)];
  const shared = x.filter((part) => y.includes(part)).length;
  return (2 * shared) / (x.length + y.length);
}
// The units whose terms are most like what was typed, at most three.
function nearest(units, wanted) {
  const best = (unit) => Math.max(...unit.terms.split("|").map((term) => likeness(term, wanted)));
  return units.map((unit) => [best(unit), unit]).filter(([likeness]) => likeness >= 0.3)
    .sort((a, b) => b[0] - a[0]).slice(0, 3).map(([, unit]) => unit);
}
const inAddress = (name) => new URLSearchParams(location.search).get(name) ?? "";
function setAddress(name, value) {
  const address = new URL(location.href);
  if (value) address.searchParams.set(name, value); else address.searchParams.delete(name);
  try { history.replaceState(null, "", address); } catch { /* a page from a disk may keep its address */ }
}
