// Tables; on a narrow screen each row is a card.

class Table extends Element {
  static observed = ["paginate", "haspreviouspage", "hasnextpage", "loading"];
  static css = `:host { display: block } .table { display: table; width: 100%; border-collapse: collapse } :host([loading]) .table { opacity: .5 }
    .pages { display: flex; justify-content: center; gap: 4px; padding: 8px; border-top: 1px solid #ebebeb } [hidden] { display: none }
    .pages button { width: 32px; height: 28px; border: 0; border-radius: 8px; background: #fff; box-shadow: inset 0 0 0 1px #e3e3e3; cursor: pointer; font: inherit }
    .pages button:disabled { color: #8a8a8a; cursor: default } .pages button:focus-visible { outline: 2px solid #005bd3 }
    .filters { padding: 8px 12px; border-bottom: 1px solid #ebebeb } .filters:not(:has(.filled)) { display: none }
    ${NARROW} { .table { display: block } }`;
  static html = `<div class="filters"><slot name="filters"></slot></div><div class="table" role="table"><slot></slot></div>
    <nav class="pages" aria-label="Pages" hidden><button type="button" id="previous" aria-label="Previous page">\u2039</button>
      <button type="button" id="next" aria-label="Next page">\u203a</button></nav>`;
  constructor() {
    super();
    this.part$("#previous").addEventListener("click", () => this.tell("previouspage"));
    this.part$("#next").addEventListener("click", () => this.tell("nextpage"));
  }
  update() {
    const loading = this.hasAttribute("loading");
    this.part$(".table").setAttribute("aria-busy", String(loading));
    this.part$(".table").inert = loading;
    this.part$(".pages").hidden = !this.hasAttribute("paginate");
    this.part$("#previous").disabled = loading || !this.hasAttribute("haspreviouspage");
    this.part$("#next").disabled = loading || !this.hasAttribute("hasnextpage");
  }
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
  static css = `:host { display: table-row } :host([clickdelegate]) { cursor: pointer } :host([clickdelegate]:hover) { background: #f7f7f7 } ${NARROW} { :host { display: block; padding: 12px 16px; border-top: 1px solid #ebebeb } }`;
  constructor() {
    super();
    this.addEventListener("click", (event) => {
      const delegate = document.getElementById(this.getAttribute("clickdelegate"));
      if (!delegate || event.composedPath().some((each) => each.matches?.("a, button, input, select, textarea"))) return;
      (delegate.shadowRoot?.querySelector("a, button") ?? delegate).click();
    });
  }
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
