// Keeps the table of segments current. Rows are matched by tag: a tag never changes while its segment lives.

import { number, percent } from "./format.js";

export function showSegments(segments) {
  const rows = new Map([...document.querySelectorAll("#segments [data-tag]")].map((row) => [row.dataset.tag, row]));
  for (const segment of segments) {
    const row = rows.get(segment.tag);
    if (row) showSegment(row, segment);
  }
}

function showSegment(row, { sentence, customers, share, incomplete, on, waits }) {
  const place = (name) => row.querySelector(`[data-shows=${name}]`);
  place("sentence").textContent = sentence;
  place("customers").textContent = customers === null ? "–" : number(customers);
  place("share").textContent = customers === null ? "" : percent(share);
  place("bar").setAttribute("width", ((customers === null ? 0 : share) * 100).toFixed(2));
  place("waits").textContent = waits;
  row.dataset.state = on ? (incomplete ? "waiting" : "on") : "off";
}
