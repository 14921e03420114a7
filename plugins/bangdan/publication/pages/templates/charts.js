// A chart names the value under the pointer, or of the mark that the arrow keys lead to, and can be saved as a picture.
const DRAWN = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity", "font-size", "font-weight", "font-family", "text-anchor"];
function picture(svg) {
  const copy = svg.cloneNode(true);
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const parts = [...copy.querySelectorAll("*")];
  [...svg.querySelectorAll("*")].forEach((part, at) => {
    const drawn = getComputedStyle(part);
    DRAWN.forEach((name) => parts[at].setAttribute(name, drawn.getPropertyValue(name)));
  });
  const paper = document.createElementNS(svg.namespaceURI, "rect");
  Object.entries({ width, height, fill: getComputedStyle(document.body).backgroundColor }).forEach(([name, value]) => paper.setAttribute(name, value));
  copy.prepend(paper);
  Object.entries({ width, height, xmlns: svg.namespaceURI }).forEach(([name, value]) => copy.setAttribute(name, value));
  return { width, height, text: new XMLSerializer().serializeToString(copy) };
}
function download(address, name) {
  element("a", "", { href: address, download: name }).click();
}
function save(svg, name, kind) {
  const { width, height, text } = picture(svg);
  const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  if (kind === "svg") { download(address, `${name}.svg`); return; }
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width * 2, height * 2];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    download(canvas.toDataURL("image/png"), `${name}.png`);
  };
  image.src = address;
}
document.querySelectorAll("figure[data-name]").forEach((figure) => {
  const svg = figure.querySelector("svg"), value = figure.querySelector("output"), hint = value.textContent;
  // Picked units are drawn last: the order of the keyboard is that of the page as it was read.
  const marks = [...svg.querySelectorAll("title")].map((title) => title.parentNode);
  let at = -1;
  function show(mark) {
    marks.forEach((other) => other.classList.toggle("on", other === mark));
    value.textContent = mark ? mark.querySelector("title").textContent : hint;
  }
  marks.forEach((mark, place) => mark.addEventListener("pointerenter", () => { at = place; show(mark); }));
  svg.addEventListener("pointerleave", () => show(null));
  figure.querySelector("[role=group]").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") { at = -1; show(null); }
    if (!step || !marks.length) return;
    event.preventDefault();
    at = at < 0 ? (step > 0 ? 0 : marks.length - 1) : (at + step + marks.length) % marks.length;
    show(marks[at]);
    marks[at].scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  figure.querySelectorAll("button[data-save]").forEach((press) => press.addEventListener("click", () => save(svg, figure.dataset.name, press.dataset.save)));
});
