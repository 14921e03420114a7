"use strict";
document.querySelectorAll("[data-script]").forEach((e) => { e.hidden = false; });
const find = document.getElementById("find");
if (find) find.addEventListener("input", () => {
  const wanted = find.value.trim().toLowerCase();
  document.querySelectorAll("table[data-list] tbody tr").forEach((row) => { row.hidden = !row.dataset.unit.toLowerCase().includes(wanted); });
});
