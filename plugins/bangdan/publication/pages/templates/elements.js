"use strict";
// Pages are whole without script: what needs it is hidden until here.
document.querySelectorAll("[data-script]").forEach((e) => { e.hidden = false; });
function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}
const button = (text, onClick) => {
  const made = element("button", text, { type: "button" });
  made.addEventListener("click", onClick);
  return made;
};
// Where a table fits, its head stays in sight below the search while the page scrolls, and it is no stop for the keyboard.
const tables = [...document.querySelectorAll(".scroll")].filter((box) => box.querySelector("table"));
const bar = document.querySelector(".tools");
function fit() {
  document.documentElement.style.setProperty("--bar", `${bar ? bar.offsetHeight : 0}px`);
  tables.forEach((box) => {
    box.classList.remove("fits");
    const fits = box.scrollWidth <= box.clientWidth;
    box.classList.toggle("fits", fits);
    if (fits) box.removeAttribute("tabindex"); else box.setAttribute("tabindex", "0");
  });
}
addEventListener("resize", fit);
document.addEventListener("toggle", fit, true);
fit();
