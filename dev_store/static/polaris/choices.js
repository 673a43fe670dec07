// Fields of a form that are switched and chosen.

class Checkbox extends Element {
  static observed = ["label", "details", "error", "checked", "disabled", "required", "indeterminate", "accessibilitylabel", "labelaccessibilityvisibility"];
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
    input.indeterminate = this.hasAttribute("indeterminate");
    if (this.hasAttribute("accessibilitylabel")) input.setAttribute("aria-label", this.getAttribute("accessibilitylabel"));
    this.say("label span", this.getAttribute("label"));
    this.part$("label span").classList.toggle("heard-only", this.getAttribute("labelaccessibilityvisibility") === "exclusive");
    this.say(".details", this.getAttribute("details"));
    this.say(".error", this.error);
  }
}

class Switch extends Checkbox {
  static observed = Checkbox.observed.filter((name) => name !== "indeterminate");
  static css = `${Checkbox.css}
    input { appearance: none; position: relative; flex: none; width: 32px; height: 18px; border-radius: 9px; background: #8a8a8a; cursor: pointer }
    input::after { content: ""; position: absolute; top: 2px; left: 2px; width: 14px; height: 14px; border-radius: 50%; background: #fff; transition: left .1s }
    input:checked { background: #303030 } input:checked::after { left: 16px } input:disabled { opacity: .4 } input:focus-visible { outline: 2px solid #005bd3; outline-offset: 2px }
    .details, .error { margin-left: 40px }
  `;
  constructor() {
    super();
    this.part$("input").setAttribute("role", "switch");
  }
}

// The options stand in the page as s-option; the browser's own list shows copies of them.
class Select extends Field {
  static observed = ["label", "details", "error", "value", "disabled", "required", "placeholder", "labelaccessibilityvisibility"];
  static control = `<select id="i" aria-describedby="d e"></select>`;
  static css = `${Field.css} .box { padding-right: 4px } select { flex: 1; min-width: 0; padding: 5px 0; border: 0; outline: 0; background: none; font: inherit; color: inherit }
    @media (max-width: 490px) { select { font-size: 16px } }`;
  connectedCallback() {
    this.#watch ??= new MutationObserver(() => this.#fill());
    this.#watch.observe(this, { childList: true, subtree: true, characterData: true, attributeFilter: ["value", "disabled", "selected", "label"] });
    this.#fill();
    super.connectedCallback();
  }
  disconnectedCallback() { this.#watch.disconnect(); }
  get defaultValue() {
    return this.getAttribute("value") ?? this.querySelector("s-option[selected]")?.getAttribute("value") ?? (this.hasAttribute("placeholder") ? "" : this.part$("#i").options[0]?.value ?? "");
  }
  set defaultValue(value) { this.setAttribute("value", value); }
  #watch;
  #fill() {
    const list = this.part$("#i");
    const chosen = list.value;
    const copies = [...this.children].map((child) => (child.localName === "s-option-group" ? groupOf(child) : optionOf(child)));
    const first = this.getAttribute("placeholder");
    list.replaceChildren(...(first ? [new Option(first, "")] : []), ...copies);
    list.value = chosen || this.defaultValue;
    this.update();
  }
}

const optionOf = (source) => {
  const copy = new Option(source.textContent.trim(), source.getAttribute("value") ?? source.textContent.trim());
  copy.disabled = source.hasAttribute("disabled");
  return copy;
};
const groupOf = (source) => {
  const copy = document.createElement("optgroup");
  copy.label = source.getAttribute("label") ?? "";
  copy.append(...[...source.children].map(optionOf));
  return copy;
};

class SelectOption extends Element {
  static css = ":host { display: none }";
}

class Choice extends Element {
  static observed = ["selected", "disabled", "accessibilitylabel"];
  static focuses = true;
  static css = `
    :host { display: block } label { display: flex; gap: 8px; cursor: pointer } input { flex: none; width: 16px; height: 16px; margin: 2px 0 0; accent-color: #303030 }
    .more { margin-left: 24px; color: #616161 } .more:not(:has(.filled)) { display: none } .content { margin: 8px 0 0 24px } .content:not(:has(.filled)) { display: none }
  `;
  static html = `<label><input type="radio" aria-describedby="m"><span><slot></slot></span></label><div class="more" id="m"><slot name="details"></slot></div>
    <div class="content"><slot name="secondary-content"></slot></div>`;
  constructor() {
    super();
    this.input.addEventListener("change", () => this.closest("s-choice-list")?.chosen(this));
    this.input.addEventListener("keydown", (event) => this.closest("s-choice-list")?.walk(event, this));
  }
  get input() { return this.part$("input"); }
  get value() { return this.getAttribute("value") ?? this.textContent.trim(); }
  get selected() { return this.input.checked; }
  set selected(selected) { this.input.checked = Boolean(selected); this.closest("s-choice-list")?.report(); }
  update() {
    if (!this.touched) this.input.checked = this.hasAttribute("selected");
    this.input.disabled = this.hasAttribute("disabled") || Boolean(this.closest("s-choice-list[disabled]"));
    if (this.hasAttribute("accessibilitylabel")) this.input.setAttribute("aria-label", this.getAttribute("accessibilitylabel"));
  }
}

class ChoiceList extends Element {
  static observed = ["label", "details", "error", "disabled", "multiple", "labelaccessibilityvisibility"];
  static formAssociated = true;
  static css = `
    :host { display: block } fieldset { margin: 0; padding: 0; border: 0; min-width: 0; display: flex; flex-direction: column; gap: 6px } legend { padding: 0; margin-bottom: 4px; font-weight: 550 }
    .details { color: #616161 } .error { color: #8e1f0b }
  `;
  static html = `<fieldset aria-describedby="d e"><legend></legend><div class="details" id="d"></div><slot></slot><div class="error" id="e"></div></fieldset>`;
  constructor() {
    super();
    this.internals = this.attachInternals();
    this.part$("slot").addEventListener("slotchange", () => this.update());
  }
  get #choices() { return [...this.querySelectorAll("s-choice")].filter((each) => each.closest("s-choice-list") === this); }
  get name() { return this.getAttribute("name"); }
  get form() { return this.internals.form; }
  get values() { return this.#choices.filter((each) => each.selected).map((each) => each.value); }
  set values(values) { for (const each of this.#choices) each.input.checked = values.includes(each.value); this.#touch(); }
  // What a form compares to see whether something was changed.
  get value() { return this.values.join(","); }
  set value(value) { this.values = String(value ?? "").split(","); }
  get defaultValue() { return this.#choices.filter((each) => each.hasAttribute("selected")).map((each) => each.value).join(","); }
  formResetCallback() {
    for (const each of this.#choices) each.touched = false;
    this.update();
  }
  chosen(choice) {
    if (!this.hasAttribute("multiple")) for (const each of this.#choices) each.input.checked = each === choice;
    this.#touch();
    this.tell("change");
  }
  walk(event, choice) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step || this.hasAttribute("multiple")) return;
    event.preventDefault();
    const open = this.#choices.filter((each) => !each.input.disabled);
    const next = open.at((open.indexOf(choice) + step) % open.length);
    next.input.checked = true;
    next.focus();
    this.tell("input");
    this.chosen(next);
  }
  report() {
    const sent = new FormData();
    for (const value of this.values) sent.append(this.name ?? "", value);
    this.internals.setFormValue(this.name ? sent : null);
    this.#rove();
  }
  #touch() {
    for (const each of this.#choices) each.touched = true;
    this.report();
  }
  // One stop of the Tab key for all radio buttons together.
  #rove() {
    const first = this.#choices.find((each) => each.selected) ?? this.#choices[0];
    for (const each of this.#choices) each.input.tabIndex = this.hasAttribute("multiple") || each === first ? 0 : -1;
  }
  update() {
    const kind = this.hasAttribute("multiple") ? "checkbox" : "radio";
    for (const each of this.#choices) { each.input.type = kind; each.update(); }
    this.say("legend", this.getAttribute("label"));
    this.part$("legend").classList.toggle("heard-only", this.getAttribute("labelaccessibilityvisibility") === "exclusive");
    this.say(".details", this.getAttribute("details"));
    this.say(".error", this.getAttribute("error"));
    this.report();
  }
}

Object.assign(ELEMENTS, {
  "s-checkbox": Checkbox, "s-switch": Switch, "s-option": SelectOption, "s-option-group": class SelectGroup extends SelectOption {}, "s-select": Select,
  "s-choice": Choice, "s-choice-list": ChoiceList,
});
