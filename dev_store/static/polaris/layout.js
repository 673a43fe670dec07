// The frame of a page: page, section, banner, and what is shown where there is nothing yet.

class Page extends Element {
  static observed = ["heading"];
  static css = `
    :host { display: block; max-width: 998px; margin: 0 auto; padding: 20px 24px 48px }
    :host([inlinesize=small]) { max-width: 662px } :host([inlinesize=large]) { max-width: none }
    header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px 16px; margin-bottom: 16px }
    h1 { font-size: 20px; line-height: 24px; font-weight: 650; letter-spacing: -.01em }
    nav { flex-basis: 100% } nav:not(:has(.filled)) { display: none }
    .actions { display: flex; gap: 8px } .content, aside { display: flex; flex-direction: column; gap: 16px; min-width: 0 }
    main:has(aside .filled) { display: grid; grid-template-columns: minmax(0, 2fr) minmax(240px, 1fr); gap: 16px }
    aside:not(:has(.filled)) { display: none }
    @media (max-width: 768px) { main:has(aside .filled) { grid-template-columns: minmax(0, 1fr) } }
    @media (max-width: 490px) { :host { padding: 16px 0 48px } header { padding: 0 16px } }
  `;
  static html = `<header><nav><slot name="breadcrumb-actions"></slot></nav><h1></h1><div class="actions"><slot name="secondary-actions"></slot><slot name="primary-action"></slot>
    </div></header><main><div class="content"><slot></slot></div><aside><slot name="aside"></slot></aside></main>`;
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
    header { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px } header > div { flex: 1; min-width: min(240px, 100%) } header[hidden] { display: none }
    h2, h3 { font-size: 14px; line-height: 20px; font-weight: 650 } h3 { font-size: 13px }
    header p { color: #616161 }
    @media (max-width: 490px) { :host(:not([nested])) section { border-radius: 0 } }
  `;
  static html = `<section><header><div><h2 id="h"></h2><p></p></div><slot name="accessory"></slot><slot name="secondary-actions"></slot>
    <slot name="primary-action"></slot></header><slot></slot><slot name="supplemental"></slot></section>`;
  connectedCallback() {
    if (this.parentElement?.closest("s-section") && !this.hasAttribute("nested")) {
      this.toggleAttribute("nested", true);
      this.part$("header > div").innerHTML = `<h3 id="h"></h3><p></p>`;
    }
    super.connectedCallback();
  }
  update() {
    const heading = this.getAttribute("heading");
    this.say("#h", heading);
    this.say("p", this.getAttribute("subheading"));
    const acted = this.querySelector(":scope > :is([slot=accessory], [slot$=action], [slot$=actions])");
    this.part$("header").hidden = !heading && !this.hasAttribute("subheading") && !acted;
    const label = this.getAttribute("accessibilitylabel") || heading;
    if (label) this.part$("section").setAttribute("aria-label", label);
  }
}

class Banner extends Element {
  static observed = ["heading", "tone", "dismissible"];
  static role = "status";
  static css = `
    :host { display: block } .frame { background: #fff; border-radius: 12px; overflow: hidden; box-shadow: 0 0 0 1px rgb(26 26 26 / .1) }
    header { display: flex; justify-content: space-between; gap: 8px; padding: 10px 16px; font-weight: 650; background: #e0f0ff; color: #00527c } section { padding: 12px 16px 16px }
    button { width: 20px; height: 20px; padding: 0; border: 0; border-radius: 4px; background: none; color: inherit; font-size: 16px; line-height: 1; cursor: pointer }
    .actions { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 12px } .actions:not(:has(.filled)) { display: none }
    ${tones((tone, back, ink) => `:host([tone=${tone}]) header { background: ${back}; color: ${ink} }`)}
    @media (max-width: 490px) { .frame { border-radius: 0 } }
  `;
  static html = `<div class="frame"><header><span></span><button type="button" aria-label="Dismiss" hidden>\u00d7</button></header>
    <section><slot></slot><div class="actions"><slot name="secondary-actions"></slot></div></section></div>`;

  constructor() {
    super();
    this.part$("button").addEventListener("click", () => {
      this.tell("dismiss");
      this.hidden = true;
      this.tell("afterhide");
    });
  }
  update() {
    this.part$("span").textContent = this.getAttribute("heading") ?? "";
    this.part$("button").hidden = !this.hasAttribute("dismissible");
    this.part$("header").hidden = !this.hasAttribute("heading") && !this.hasAttribute("dismissible");
    if (this.getAttribute("tone") === "critical") this.setAttribute("role", "alert");
  }
}

class EmptyState extends Element {
  static observed = ["heading"];
  static css = `
    :host { display: block; padding: 24px 16px; text-align: center } h3 { font-size: 14px; font-weight: 650 }
    .sub { color: #616161; max-width: 60ch; margin: 4px auto 0 } .actions { display: flex; justify-content: center; flex-wrap: wrap; gap: 8px; margin-top: 16px }
  `;
  static html = `<slot name="graphic"></slot><h3></h3><div class="sub"><slot name="subheading"></slot></div>
    <div class="actions"><slot name="secondary-actions"></slot><slot name="primary-action"></slot></div>`;
  update() { this.say("h3", this.getAttribute("heading")); }
}

Object.assign(ELEMENTS, { "s-page": Page, "s-section": Section, "s-banner": Banner, "s-empty-state": EmptyState });
