// Keeps the table of segments current. Rows are matched by tag: a tag never changes while its segment lives.

const number = new Intl.NumberFormat("en");
const percent = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

export function showSegments(segments) {
  const rows = new Map([...document.querySelectorAll("#segments [data-tag]")].map((row) => [row.dataset.tag, row]));
  for (const segment of segments) {
    const row = rows.get(segment.tag);
    if (row) showSegment(row, segment);
  }
}

function showSegment(row, { sentence, customers, share, incomplete, on }) {
  const place = (name) => row.querySelector(`[data-shows=${name}]`);
  const unknown = on ? (incomplete ? "History incomplete" : "–") : "Off";
  place("sentence").textContent = sentence;
  place("customers").textContent = customers === null ? unknown : number.format(customers);
  place("share").textContent = customers === null ? "" : percent.format(share);
  place("bar").setAttribute("width", (share * 100).toFixed(2));
}
