"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const hidden = new Set();

// What is shown: cells by their boxes, tasks by a part of their names, runs by any of their words.
const tasks = document.getElementById("tasks"), find = document.getElementById("find");
function show() {
  const task = tasks.value.trim().toLowerCase(), words = find.value.trim().toLowerCase().split(/\s+/);
  for (const element of all("[data-cell], [data-task]")) {
    const cell = element.dataset.cell, name = element.dataset.task;
    element.classList.toggle("off", hidden.has(cell) || (name !== undefined && !name.toLowerCase().includes(task)));
  }
  let count = 0;
  const rows = all("#all tbody tr");
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    if (!words.every((word) => text.includes(word))) row.classList.add("off");
    if (!row.classList.contains("off")) count += 1;
  }
  document.getElementById("count").textContent = count < rows.length ? `${count} of ${rows.length}` : "";
}
for (const input of [tasks, find]) input.addEventListener("input", show);
for (const box of all(".legend input")) {
  box.addEventListener("change", () => { hidden[box.checked ? "delete" : "add"](box.value); show(); });
}

// The cell under the pointer in the legend stands out everywhere.
const rule = document.head.appendChild(document.createElement("style"));
for (const label of all("[data-legend]")) {
  const cell = label.dataset.legend;
  label.addEventListener("pointerenter", () => { rule.textContent = `.chart [data-cell]:not([data-cell="${cell}"]) { opacity: .12 }`; });
  label.addEventListener("pointerleave", () => { rule.textContent = ""; });
}

// Tables: a heading sorts, again the other way round; what has no value stays last.
for (const table of all(".sortable")) {
  const headings = all("thead th", table), body = table.tBodies[0];
  headings.forEach((heading, column) => {
    heading.querySelector("button")?.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [row, key(row.cells[column])]);
      const numbers = rows.every(([, [, number, text]]) => !text || !Number.isNaN(number));
      rows.sort(([, a], [, b]) => (b[0] - a[0]) || (down ? -1 : 1) * (numbers ? a[1] - b[1] : a[2].localeCompare(b[2], undefined, { numeric: true })));
      body.append(...rows.map(([row]) => row));
    });
  });
}
function key(cell) {
  const text = cell.textContent.trim(), score = cell.dataset.v;
  const scored = cell.closest("table").classList.contains("scores") && cell.tagName === "TD";
  if (scored || score !== undefined) return [score !== undefined, Number(score), score === undefined ? "" : text];
  return [text !== "", parseFloat(text.replaceAll(",", "")), text];
}

// Charts: what is at the place that the pointer is nearest to, or that the arrow keys go to.
for (const chart of all(".chart[data-stops]")) {
  const svg = chart.querySelector("svg"), tip = chart.querySelector(".tip"), cursor = chart.querySelector(".cursor");
  let stops, at = -1;
  const read = () => (stops ??= JSON.parse(chart.dataset.stops));
  const names = () => all(".legend label").map((label) => label.textContent.trim());
  function go(number) {
    at = number;
    const [x, y, title, rows] = read()[at], box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
    const shown = rows.filter(([cell]) => !hidden.has(String(cell))), cells = names();
    tip.replaceChildren(title, ...shown.map(([cell, text]) => {
      const line = document.createElement("div"), colour = document.createElement("i"), value = document.createElement("b");
      colour.className = line.className = `c${cell}`;
      value.textContent = text;
      line.append(colour, cells[cell], value);
      return line;
    }));
    const inside = chart.getBoundingClientRect(), left = box.left - inside.left + x * scale;
    const room = document.documentElement.clientWidth - inside.left - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(Math.min(left + 12, room), -inside.left + 4)}px`;
    tip.style.top = `${box.top - inside.top + (y === null ? 8 : y * scale + 12)}px`;
    const bottom = svg.viewBox.baseVal.height - 34;
    cursor.setAttribute("d", y === null ? `M${x} 8V${bottom}` : `M${x - 7} ${y}a7 7 0 1 0 14 0a7 7 0 1 0 -14 0`);
  }
  function leave() { at = -1; tip.replaceChildren(); cursor.setAttribute("d", ""); }
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
    const px = (event.clientX - box.left) * scale, py = (event.clientY - box.top) * scale;
    let best = -1, distance = Infinity;
    read().forEach(([x, y, , rows], number) => {
      const far = (x - px) ** 2 + (y === null ? 0 : (y - py) ** 2);
      if (far < distance && rows.some(([cell]) => !hidden.has(String(cell)))) [best, distance] = [number, far];
    });
    if (best >= 0 && best !== at) go(best);
  });
  svg.addEventListener("pointerleave", leave);
  chart.addEventListener("blur", leave);
  chart.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") leave();
    if (!move) return;
    event.preventDefault();
    go(Math.max(0, Math.min(read().length - 1, at < 0 ? (move > 0 ? 0 : read().length - 1) : at + move)));
  });
}

// On paper nothing can be opened.
let closed = [];
addEventListener("beforeprint", () => { closed = all("details.print:not([open])"); closed.forEach((one) => { one.open = true; }); });
addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
