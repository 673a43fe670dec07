// Fields of a form that take what is typed.

class Field extends Element {
  static observed = ["label", "details", "error", "value", "disabled", "readonly", "required", "placeholder", "labelaccessibilityvisibility"];
  static taken = ["maxlength"];
  static kind = "text";
  static mode = "text";
  static after = "";
  static control = `<input id="i" aria-describedby="d e" autocomplete="off">`;
  static focuses = true;
  static formAssociated = true;
  static css = `
    :host { display: block; min-width: 0 } label { display: block; margin-bottom: 4px }
    .box { display: flex; align-items: center; gap: 4px; min-height: 32px; padding: 0 12px; background: #fdfdfd; border: 1px solid #8a8a8a; border-radius: 8px }
    .box:hover { border-color: #616161 } .box:focus-within { outline: 2px solid #005bd3; outline-offset: 1px; background: #fff }
    :is(input, textarea) { flex: 1; min-width: 0; width: 100%; padding: 5px 0; border: 0; outline: 0; background: none; font: inherit; font-size: 13px; color: inherit }
    .prefix, .suffix, .details { color: #616161 } .details, .error { margin-top: 4px }
    .error { display: flex; gap: 6px; color: #8e1f0b } .error::before { content: "!" / ""; flex: none; width: 16px; height: 16px; margin-top: 2px; border-radius: 50%;
      background: #c70a24; color: #fff; font: 700 12px/16px Inter, system-ui, sans-serif; text-align: center }
    .error[hidden] { display: none }
    :host([error]:not([error=""])) .box { background: #fee9e8; border-color: #8e0b21 }
    @media (max-width: 490px) { .box { min-height: 40px } :is(input, textarea) { font-size: 16px } }
    label.heard-only { margin: -1px }
  `;
  static get html() {
    return `<label for="i"></label><div class="box"><span class="prefix"></span>${this.control}<span class="suffix"></span>${this.after}</div>
      <div class="details" id="d"></div><div class="error" id="e"></div>`;
  }
  #touched = false;

  constructor() {
    super();
    this.internals = this.attachInternals();
    const input = this.part$("#i");
    input.addEventListener("input", () => this.#take());
    input.addEventListener("change", () => this.dispatchEvent(new Event("change", { bubbles: true })));
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && input.localName === "input") this.internals.form?.requestSubmit();
    });
  }
  get name() { return this.getAttribute("name"); }
  get form() { return this.internals.form; }
  get value() { return this.part$("#i").value; }
  set value(value) { this.part$("#i").value = value ?? ""; this.#take(); }
  get defaultValue() { return this.getAttribute("value") || ""; }
  set defaultValue(value) { this.setAttribute("value", value); }
  get error() { return this.getAttribute("error") || ""; }
  set error(text) { if (text) this.setAttribute("error", text); else this.removeAttribute("error"); }
  formResetCallback() { this.#touched = false; this.update(); }
  #take() { this.#touched = true; this.internals.setFormValue(this.value); }
  before() { return this.getAttribute("prefix"); }
  connectedCallback() {
    this.dataset.field = "";
    super.connectedCallback();
  }
  update() {
    const input = this.part$("#i");
    if (!this.#touched) { input.value = this.defaultValue; this.internals.setFormValue(input.value); }
    input.disabled = this.hasAttribute("disabled");
    input.readOnly = this.hasAttribute("readonly");
    input.required = this.hasAttribute("required");
    input.placeholder = this.getAttribute("placeholder") || "";
    if (input.localName === "input") input.type = this.constructor.kind;
    input.inputMode = this.getAttribute("inputmode") || this.constructor.mode;
    takeOver(this, input, this.constructor.taken);
    input.setAttribute("aria-invalid", String(Boolean(this.error)));
    this.say("label", this.getAttribute("label"));
    this.part$("label").classList.toggle("heard-only", this.getAttribute("labelaccessibilityvisibility") === "exclusive");
    this.say(".prefix", this.before());
    this.say(".suffix", this.getAttribute("suffix"));
    this.say(".details", this.getAttribute("details"));
    this.say(".error", this.error);
  }
}

class TextField extends Field {
  static observed = [...Field.observed, "prefix", "suffix", "maxlength"];
  static after = `<slot name="accessory"></slot>`;
}

class NumberField extends Field {
  static observed = [...Field.observed, "prefix", "suffix", "inputmode"];
  static mode = "decimal";
}

class MoneyField extends NumberField {
  static observed = [...Field.observed, "currencycode"];
  before() {
    const currency = this.getAttribute("currencycode");
    if (!currency || currency === "auto") return "";
    const parts = new Intl.NumberFormat("en", { style: "currency", currency }).formatToParts(0);
    return parts.find((part) => part.type === "currency").value;
  }
}

class EmailField extends Field {
  static observed = [...Field.observed, "maxlength"];
  static mode = "email";
}

class SearchField extends Field {
  static observed = [...Field.observed, "maxlength"];
  static kind = "search";
  static mode = "search";
}

class DateField extends Field {
  static kind = "date";
  static taken = [];
}

class TextArea extends Field {
  static observed = [...Field.observed, "maxlength", "rows"];
  static taken = ["maxlength", "rows"];
  static control = `<textarea id="i" aria-describedby="d e"></textarea>`;
  static css = `${Field.css} .box { padding-block: 4px } textarea { resize: vertical; line-height: 20px }`;
}

Object.assign(ELEMENTS, {
  "s-text-field": TextField, "s-number-field": NumberField, "s-money-field": MoneyField, "s-email-field": EmailField, "s-search-field": SearchField,
  "s-date-field": DateField, "s-text-area": TextArea,
});
