// Tables; on a narrow screen each row is a card.

const NARROW = "@media (max-width: 490px)";

class Table extends Element {
  static role = "table";
  static css = `:host { display: table; width: 100%; border-collapse: collapse } ${NARROW} { :host { display: block } }`;
}
class TableHeaderRow extends Element {
  static role = "row";
  static css = `:host { display: table-row; background: #f7f7f7 } ${NARROW} { :host { display: none } }`;
}
class TableHeader extends Element {
  static role = "columnheader";
  static css = `:host { display: table-cell; padding: 8px 12px; font-size: 12px; font-weight: 550; color: #616161; text-align: left; white-space: nowrap;
    border-block: 1px solid #ebebeb } :host(:first-child) { padding-left: 16px } :host(:last-child) { padding-right: 16px }
    :host(:is([format=numeric], [format=currency])) { text-align: right }`;
}
class TableBody extends Element {
  static role = "rowgroup";
  static css = `:host { display: table-row-group } ${NARROW} { :host { display: block } }`;
}
class TableRow extends Element {
  static role = "row";
  static css = `:host { display: table-row } ${NARROW} { :host { display: block; padding: 12px 16px; border-top: 1px solid #ebebeb } }`;
}
class TableCell extends Element {
  static role = "cell";
  static css = `
    :host { display: table-cell; padding: 10px 12px; vertical-align: middle; border-bottom: 1px solid #ebebeb }
    :host(:first-child) { padding-left: 16px } :host(:last-child) { padding-right: 16px } span { display: none }
    :host([data-format]) { text-align: right; font-variant-numeric: tabular-nums }
    ${NARROW} { :host { display: block; padding: 2px 0 !important; border: 0 } :host([data-format]) { text-align: left }
      :host([data-slot=primary]) { font-weight: 650 } :host([data-slot=labeled]) span { display: inline; color: #616161 } }
  `;
  static html = `<span></span><slot></slot>`;
  update() {
    const place = [...this.parentElement.children].indexOf(this);
    const header = this.closest("s-table")?.querySelectorAll("s-table-header")[place];
    if (!header) return;
    this.part$("span").textContent = `${header.textContent.trim()}: `;
    this.dataset.slot = header.getAttribute("listslot") || "labeled";
    if (["numeric", "currency"].includes(header.getAttribute("format"))) this.dataset.format = "number";
  }
}

Object.assign(ELEMENTS, {
  "s-table": Table, "s-table-header-row": TableHeaderRow, "s-table-header": TableHeader, "s-table-body": TableBody,
  "s-table-row": TableRow, "s-table-cell": TableCell,
});
