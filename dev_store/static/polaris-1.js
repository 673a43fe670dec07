/* A stand-in for Shopify's Polaris web components, for a development store on your own machine.
   It covers the elements and attributes Regulars uses, with open shadow roots; it is not Shopify's code and
   never reaches a production page: there POLARIS_URL points at Shopify's own script. */
(() => {
  "use strict";

  const SHARED = `
    :host { box-sizing: border-box; font: 400 13px/20px Inter, system-ui, -apple-system, "Segoe UI", sans-serif; color: #303030 }
    :host([hidden]) { display: none !important }
    * { box-sizing: border-box }
    h1, h2, h3, p { margin: 0 }
    slot[name] { display: contents }
  `;
  const TONES = {
    neutral: ["#ebebeb", "#4a4a4a"], info: ["#e0f0ff", "#00527c"], success: ["#cdfee1", "#0c5132"],
    caution: ["#fff8db", "#4f4700"], warning: ["#ffd6a4", "#5e4200"], critical: ["#fedad9", "#8e1f0b"],
  };
  const tones = (rule) => Object.entries(TONES).map(([tone, [back, ink]]) => rule(tone, back, ink)).join("\n");

  class Element extends HTMLElement {
    static css = "";
    static html = "<slot></slot>";
    static role = "";
    static observed = [];

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open", delegatesFocus: this.constructor.focuses });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(SHARED + this.constructor.css);
      root.adoptedStyleSheets = [sheet];
      root.innerHTML = this.constructor.html;
    }

    static get observedAttributes() { return this.observed; }
    part$(selector) { return this.shadowRoot.querySelector(selector); }
    connectedCallback() {
      if (this.constructor.role && !this.hasAttribute("role")) this.setAttribute("role", this.constructor.role);
      this.update();
    }
    attributeChangedCallback() { this.update(); }
    update() {}
    say(selector, text) {
      const place = this.part$(selector);
      place.textContent = text || "";
      place.hidden = !text;
    }
  }

  class Page extends Element {
    static observed = ["heading"];
    static css = `
      :host { display: block; max-width: 998px; margin: 0 auto; padding: 20px 24px 48px }
      :host([inlinesize=small]) { max-width: 662px } :host([inlinesize=large]) { max-width: none }
      header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px 16px; margin-bottom: 16px }
      h1 { font-size: 20px; line-height: 24px; font-weight: 650; letter-spacing: -.01em }
      nav { flex-basis: 100% } :host(:not(:has(> [slot=breadcrumb-actions]))) nav { display: none }
      .actions { display: flex; gap: 8px } .content { display: flex; flex-direction: column; gap: 16px }
      @media (max-width: 490px) { :host { padding: 16px 0 48px } header { padding: 0 16px } }
    `;
    static html = `<header><nav><slot name="breadcrumb-actions"></slot></nav><h1></h1><div class="actions"><slot name="secondary-actions"></slot><slot name="primary-action"></slot>
      </div></header><div class="content"><slot></slot></div>`;
    update() { this.say("h1", this.getAttribute("heading")); }
  }

  class Section extends Element {
    static observed = ["heading", "subheading", "accessibilitylabel"];
    static css = `
      :host { display: block } section { display: flex; flex-direction: column; gap: 12px; padding: 16px }
      :host(:not([nested])) section { background: #fff; border-radius: 12px;
        box-shadow: 0 1px 0 0 rgb(26 26 26 / .07), 0 0 0 1px rgb(26 26 26 / .06) }
      :host([nested]) section { padding: 0 }
      :host([padding=none]) section { padding: 0; overflow: hidden } :host([padding=none]) header { padding: 16px 16px 0 }
      h2, h3 { font-size: 14px; line-height: 20px; font-weight: 650 } h3 { font-size: 13px }
      header p { color: #616161 }
      @media (max-width: 490px) { :host(:not([nested])) section { border-radius: 0 } }
    `;
    static html = `<section><header><h2 id="h"></h2><p></p></header><slot></slot></section>`;
    connectedCallback() {
      if (this.parentElement?.closest("s-section") && !this.hasAttribute("nested")) {
        this.toggleAttribute("nested", true);
        this.part$("header").innerHTML = `<h3 id="h"></h3><p></p>`;
      }
      super.connectedCallback();
    }
    update() {
      const heading = this.getAttribute("heading");
      this.say("#h", heading);
      this.say("p", this.getAttribute("subheading"));
      this.part$("header").hidden = !heading && !this.hasAttribute("subheading");
      const label = this.getAttribute("accessibilitylabel") || heading;
      if (label) this.part$("section").setAttribute("aria-label", label);
    }
  }

  class Banner extends Element {
    static observed = ["heading", "tone"];
    static role = "status";
    static css = `
      :host { display: block } div { background: #fff; border-radius: 12px; overflow: hidden; box-shadow: 0 0 0 1px rgb(26 26 26 / .1) }
      header { padding: 10px 16px; font-weight: 650; background: #e0f0ff; color: #00527c } section { padding: 12px 16px 16px }
      ${tones((tone, back, ink) => `:host([tone=${tone}]) header { background: ${back}; color: ${ink} }`)}
      @media (max-width: 490px) { div { border-radius: 0 } }
    `;
    static html = `<div><header></header><section><slot></slot></section></div>`;
    update() {
      this.say("header", this.getAttribute("heading"));
      if (this.getAttribute("tone") === "critical") this.setAttribute("role", "alert");
    }
  }

  class Badge extends Element {
    static css = `
      :host { display: inline-block; padding: 2px 8px; border-radius: 8px; font-size: 12px; line-height: 16px; font-weight: 550;
        background: #ebebeb; color: #4a4a4a; white-space: nowrap }
      ${tones((tone, back, ink) => `:host([tone=${tone}]) { background: ${back}; color: ${ink} }`)}
    `;
  }

  class Text extends Element {
    static css = `
      :host { display: inline; font-weight: inherit; color: inherit; font-size: inherit; line-height: inherit }
      :host([type=strong]) { font-weight: 650 }
      :host([color=subdued]) { color: #616161 } :host([fontvariantnumeric=tabular-nums]) { font-variant-numeric: tabular-nums }
      ${tones((tone, _, ink) => `:host([tone=${tone}]) { color: ${ink} }`)}
    `;
  }

  class Paragraph extends Text {
    static css = `${Text.css} :host { display: block }`;
  }

  const LINK_ATTRIBUTES = ["href", "target", "download"];
  const takeOver = (host, inner, names) => {
    for (const name of names) {
      if (host.hasAttribute(name) && host.getAttribute(name) !== "auto") inner.setAttribute(name, host.getAttribute(name));
      else inner.removeAttribute(name);
    }
  };

  class Link extends Element {
    static observed = ["href", "target", "download"];
    static css = `:host { display: inline } a { color: #005bd3; border-radius: 4px } a:focus-visible { outline: 2px solid #005bd3; outline-offset: 1px }`;
    static html = `<a><slot></slot></a>`;
    update() { takeOver(this, this.part$("a"), LINK_ATTRIBUTES); }
  }

  const COMMANDS = { "--show": "showOverlay", "--hide": "hideOverlay", "--toggle": "toggleOverlay", "--auto": "toggleOverlay" };

  class Button extends Element {
    static observed = ["href", "target", "download", "disabled", "loading", "accessibilitylabel"];
    static focuses = true;
    static formAssociated = true;
    static html = "";
    static css = `
      :host { display: inline-block }
      a, button { display: inline-block; min-height: 32px; padding: 6px 12px; border: 0; border-radius: 8px; cursor: pointer; font: inherit; font-weight: 600;
        font-size: 12px; text-decoration: none; background: #fff; color: #303030; box-shadow: inset 0 0 0 1px #e3e3e3, inset 0 -1px 0 0 #b5b5b5 }
      :host([variant=primary]) :is(a, button) { background: #303030; color: #fff; box-shadow: none }
      :host([variant=tertiary]) :is(a, button) { background: none; box-shadow: none }
      :host([tone=critical]) :is(a, button) { color: #8e1f0b }
      :host([tone=critical][variant=primary]) :is(a, button) { background: #c70a24; color: #fff }
      :is(a, button):focus-visible { outline: 2px solid #005bd3; outline-offset: 1px }
      :host(:is([disabled], [loading])) button:disabled { background: #ebebeb; color: #6b6b6b; box-shadow: none; cursor: default } :host([loading]) button { cursor: progress }
    `;
    constructor() { super(); this.internals = this.attachInternals(); }
    update() {
      const kind = this.hasAttribute("href") ? "a" : "button";
      // Kept while it is of the right kind: a button that starts loading must not lose the focus.
      const inner = this.part$(kind) ?? this.#build(kind);
      if (kind === "a") takeOver(this, inner, LINK_ATTRIBUTES);
      else inner.disabled = this.hasAttribute("disabled") || this.hasAttribute("loading");
      inner.toggleAttribute("aria-busy", false);
      if (this.hasAttribute("loading")) inner.setAttribute("aria-busy", "true");
      if (this.hasAttribute("accessibilitylabel")) inner.setAttribute("aria-label", this.getAttribute("accessibilitylabel"));
    }
    #build(kind) {
      this.shadowRoot.innerHTML = kind === "a" ? "<a><slot></slot></a>" : `<button type="button"><slot></slot></button>`;
      const inner = this.part$(kind);
      inner.addEventListener("click", () => this.#act());
      return inner;
    }
    #act() {
      const type = this.getAttribute("type");
      if (type === "submit") this.internals.form?.requestSubmit();
      if (type === "reset") this.internals.form?.reset();
      const commanded = document.getElementById(this.getAttribute("commandfor"));
      commanded?.[COMMANDS[this.getAttribute("command") ?? "--auto"]]?.();
    }
  }

  class Modal extends Element {
    static observed = ["heading", "accessibilitylabel"];
    static css = `
      :host { display: contents }
      dialog { width: min(620px, 100vw - 32px); max-height: calc(100vh - 64px); padding: 0; border: 0; border-radius: 16px; background: #fff; color: inherit;
        box-shadow: 0 20px 20px -8px rgb(26 26 26 / .28) }
      :host([size=small]) dialog { width: min(380px, 100vw - 32px) } :host([size=large]) dialog { width: min(980px, 100vw - 32px) }
      dialog::backdrop { background: rgb(0 0 0 / .5) }
      header { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 12px 16px; background: #f3f3f3 }
      h2 { font-size: 14px; line-height: 20px; font-weight: 650 }
      header button { width: 28px; height: 28px; border: 0; border-radius: 8px; background: none; color: inherit; font-size: 18px; line-height: 1; cursor: pointer }
      header button:focus-visible { outline: 2px solid #005bd3 }
      .content { padding: 16px } :host([padding=none]) .content { padding: 0 }
      footer { display: flex; justify-content: flex-end; gap: 8px; padding: 12px 16px; border-top: 1px solid #ebebeb } footer[hidden] { display: none }
    `;
    static html = `<dialog><header><h2></h2><button type="button" aria-label="Close">\u00d7</button></header>
      <div class="content"><slot></slot></div>
      <footer><slot name="secondary-actions"></slot><slot name="primary-action"></slot></footer></dialog>`;
    static FOCUSABLE = `:is(a[href], button, input, select, textarea, s-button, s-link, s-checkbox, s-number-field, s-money-field):not([disabled], [loading])`;

    constructor() {
      super();
      const dialog = this.part$("dialog");
      this.part$("header button").addEventListener("click", () => this.hideOverlay());
      dialog.addEventListener("keydown", (event) => this.#keepInside(event));
      dialog.addEventListener("close", () => this.#tell("hide", "afterhide"));
    }
    update() {
      this.say("h2", this.getAttribute("heading"));
      this.part$("dialog").setAttribute("aria-label", this.getAttribute("accessibilitylabel") || this.getAttribute("heading") || "");
      this.part$("footer").hidden = !this.querySelector(":scope > [slot$=action], :scope > [slot$=actions]");
    }
    showOverlay() {
      if (this.part$("dialog").open) return;
      this.update();
      this.part$("dialog").showModal();
      this.#tell("show", "aftershow");
    }
    hideOverlay() { this.part$("dialog").close(); }
    toggleOverlay() { if (this.part$("dialog").open) this.hideOverlay(); else this.showOverlay(); }
    #tell(...names) { for (const name of names) this.dispatchEvent(new Event(name)); }
    // The page behind is out of reach, but the admin around the frame is not: Tab goes round inside.
    #keepInside(event) {
      if (event.key !== "Tab") return;
      const slotted = [...this.shadowRoot.querySelectorAll("slot")].flatMap((slot) => slot.assignedElements());
      const inside = slotted.flatMap((element) => [element, ...element.querySelectorAll("*")]);
      const stops = [this.part$("header button"), ...inside.filter((element) => element.matches(Modal.FOCUSABLE))];
      const here = this.shadowRoot.activeElement ?? document.activeElement;
      const [edge, other] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
      if (here !== edge) return;
      event.preventDefault();
      other.focus();
    }
  }

  class Checkbox extends Element {
    static observed = ["label", "details", "error", "checked", "disabled", "required"];
    static focuses = true;
    static formAssociated = true;
    static css = `
      :host { display: block } label { display: flex; gap: 8px; cursor: pointer } input { width: 16px; height: 16px; margin: 2px 0 0; accent-color: #303030 }
      .details, .error { margin: 2px 0 0 24px } .details { color: #616161 } .error { color: #8e1f0b }
    `;
    static html = `<label><input type="checkbox" aria-describedby="d e"><span></span></label>
      <div class="details" id="d"></div><div class="error" id="e"></div>`;
    #touched = false;

    constructor() {
      super();
      this.internals = this.attachInternals();
      this.part$("input").addEventListener("change", () => {
        this.#take();
        this.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
    get name() { return this.getAttribute("name"); }
    get form() { return this.internals.form; }
    get value() { return this.getAttribute("value") || "on"; }
    set value(value) { this.setAttribute("value", value); }
    get defaultValue() { return this.value; }
    get checked() { return this.part$("input").checked; }
    set checked(checked) { this.part$("input").checked = Boolean(checked); this.#take(); }
    get defaultChecked() { return this.hasAttribute("checked"); }
    set defaultChecked(checked) { this.toggleAttribute("checked", Boolean(checked)); }
    get error() { return this.getAttribute("error") || ""; }
    set error(text) { if (text) this.setAttribute("error", text); else this.removeAttribute("error"); }
    formResetCallback() { this.#touched = false; this.update(); }
    #take() { this.#touched = true; this.#report(); }
    #report() { this.internals.setFormValue(this.checked ? this.value : null); }
    update() {
      const input = this.part$("input");
      if (!this.#touched) { input.checked = this.defaultChecked; this.#report(); }
      input.disabled = this.hasAttribute("disabled");
      input.required = this.hasAttribute("required");
      input.setAttribute("aria-invalid", String(Boolean(this.error)));
      this.say("label span", this.getAttribute("label"));
      this.say(".details", this.getAttribute("details"));
      this.say(".error", this.error);
    }
  }

  class UnorderedList extends Element {
    static role = "list";
    static css = ":host { display: block; padding-left: 20px }";
  }
  class ListItem extends Element {
    static role = "listitem";
    static css = ":host { display: list-item; list-style: disc }";
  }

  class Field extends Element {
    static observed = ["label", "details", "error", "value", "prefix", "suffix", "disabled", "readonly", "required", "placeholder"];
    static focuses = true;
    static formAssociated = true;
    static css = `
      :host { display: block; min-width: 0 } label { display: block; margin-bottom: 4px }
      .box { display: flex; align-items: center; gap: 4px; min-height: 32px; padding: 0 12px; background: #fdfdfd; border: 1px solid #8a8a8a; border-radius: 8px }
      .box:hover { border-color: #616161 } .box:focus-within { outline: 2px solid #005bd3; outline-offset: 1px; background: #fff }
      input { flex: 1; min-width: 0; width: 100%; padding: 5px 0; border: 0; outline: 0; background: none; font: inherit; font-size: 13px; color: inherit }
      .prefix, .suffix, .details { color: #616161 } .details, .error { margin-top: 4px }
      .error { display: flex; gap: 6px; color: #8e1f0b } .error::before { content: "!" / ""; flex: none; width: 16px; height: 16px; margin-top: 2px; border-radius: 50%;
        background: #c70a24; color: #fff; font: 700 12px/16px Inter, system-ui, sans-serif; text-align: center }
      .error[hidden] { display: none }
      :host([error]:not([error=""])) .box { background: #fee9e8; border-color: #8e0b21 }
      @media (max-width: 490px) { .box { min-height: 40px } input { font-size: 16px } }
    `;
    static html = `<label for="i"></label><div class="box"><span class="prefix"></span><input id="i" aria-describedby="d e" autocomplete="off">
      <span class="suffix"></span></div><div class="details" id="d"></div><div class="error" id="e"></div>`;
    #touched = false;

    constructor() {
      super();
      this.internals = this.attachInternals();
      const input = this.part$("input");
      input.addEventListener("input", () => this.#take());
      input.addEventListener("change", () => this.dispatchEvent(new Event("change", { bubbles: true })));
      input.addEventListener("keydown", (event) => { if (event.key === "Enter") this.internals.form?.requestSubmit(); });
    }
    get name() { return this.getAttribute("name"); }
    get form() { return this.internals.form; }
    get value() { return this.part$("input").value; }
    set value(value) { this.part$("input").value = value ?? ""; this.#take(); }
    get defaultValue() { return this.getAttribute("value") || ""; }
    set defaultValue(value) { this.setAttribute("value", value); }
    get error() { return this.getAttribute("error") || ""; }
    set error(text) { if (text) this.setAttribute("error", text); else this.removeAttribute("error"); }
    formResetCallback() { this.#touched = false; this.update(); }
    #take() { this.#touched = true; this.internals.setFormValue(this.value); }
    prefix() { return this.getAttribute("prefix"); }
    update() {
      const input = this.part$("input");
      if (!this.#touched) { input.value = this.defaultValue; this.internals.setFormValue(input.value); }
      input.disabled = this.hasAttribute("disabled");
      input.readOnly = this.hasAttribute("readonly");
      input.required = this.hasAttribute("required");
      input.placeholder = this.getAttribute("placeholder") || "";
      input.inputMode = this.getAttribute("inputmode") || "decimal";
      input.setAttribute("aria-invalid", String(Boolean(this.error)));
      this.say("label", this.getAttribute("label"));
      this.say(".prefix", this.prefix());
      this.say(".suffix", this.getAttribute("suffix"));
      this.say(".details", this.getAttribute("details"));
      this.say(".error", this.error);
    }
  }

  class MoneyField extends Field {
    prefix() {
      const currency = this.getAttribute("currencycode");
      if (!currency || currency === "auto") return "";
      const parts = new Intl.NumberFormat("en", { style: "currency", currency }).formatToParts(0);
      return parts.find((part) => part.type === "currency").value;
    }
  }

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

  const ELEMENTS = {
    "s-page": Page, "s-section": Section, "s-banner": Banner, "s-badge": Badge, "s-text": Text, "s-paragraph": Paragraph,
    "s-link": Link, "s-button": Button, "s-number-field": Field, "s-money-field": MoneyField, "s-table": Table,
    "s-table-header-row": TableHeaderRow, "s-table-header": TableHeader, "s-table-body": TableBody, "s-table-row": TableRow,
    "s-table-cell": TableCell, "s-modal": Modal, "s-checkbox": Checkbox, "s-unordered-list": UnorderedList, "s-list-item": ListItem,
  };
  const define = () => { for (const [tag, element] of Object.entries(ELEMENTS)) customElements.define(tag, element); };
  // Children are read on upgrade (a cell looks up its column), so wait until they are all there.
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", define);
  else define();
  const page = new CSSStyleSheet();
  page.replaceSync("body { margin: 0; background: #f1f1f1 }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, page];
})();
