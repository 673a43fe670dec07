// Words: badge, text, paragraph, heading, lists, chips.

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
    :host([type=strong]) { font-weight: 650 } :host([fontweight=medium]) { font-weight: 550 } :host(:is([fontweight=semibold], [fontweight=bold])) { font-weight: 650 }
    :host([fontsize|=small]) { font-size: 12px } :host([fontsize|=large]) { font-size: 16px; line-height: 24px }
    :host([accessibilityvisibility=exclusive]) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
    :host([color=subdued]) { color: #616161 } :host([fontvariantnumeric=tabular-nums]) { font-variant-numeric: tabular-nums }
    ${tones((tone, _, ink) => `:host([tone=${tone}]) { color: ${ink} }`)}
  `;
}

class Paragraph extends Text {
  static css = `${Text.css} :host { display: block }`;
}

class Heading extends Element {
  static css = `:host { display: block; font-size: 14px; line-height: 20px; font-weight: 650 } :is(h2, h3, h4) { font: inherit }
    :host([fontsize|=large]) { font-size: 20px; line-height: 24px }`;
  static html = "<h2><slot></slot></h2>";
  connectedCallback() {
    const depth = [...ancestors(this)].filter((each) => each.localName === "s-section").length;
    if (depth) this.shadowRoot.innerHTML = `<h${depth + 2}><slot></slot></h${depth + 2}>`;
    super.connectedCallback();
  }
}

function* ancestors(element) {
  for (let each = element.parentElement; each; each = each.parentElement) yield each;
}

class Num extends Text {
  static css = `${Text.css} :host { font-variant-numeric: tabular-nums }`;
}

class UnorderedList extends Element {
  static role = "list";
  static css = ":host { display: block; padding-left: 20px; list-style: disc }";
}
class OrderedList extends UnorderedList {
  static css = ":host { display: block; padding-left: 20px; list-style: decimal }";
}
class ListItem extends Element {
  static role = "listitem";
  static css = ":host { display: list-item; list-style: inherit }";
}

class Chip extends Element {
  static observed = ["removable", "accessibilitylabel"];
  static css = `:host { display: inline-flex; align-items: center; gap: 4px; padding: 2px 8px; border-radius: 8px; background: #ebebeb; font-size: 12px; line-height: 16px; max-width: 100% }
    button { width: 16px; height: 16px; padding: 0; border: 0; border-radius: 4px; background: none; color: inherit; line-height: 1; cursor: pointer }`;
  static html = `<slot name="graphic"></slot><slot></slot><button type="button" hidden>\u00d7</button>`;
  constructor() {
    super();
    this.part$("button").addEventListener("click", (event) => {
      event.stopPropagation();
      this.tell("remove");
    });
  }
  update() {
    this.part$("button").hidden = !this.hasAttribute("removable");
    this.part$("button").setAttribute("aria-label", `Remove ${this.getAttribute("accessibilitylabel") || this.textContent.trim()}`);
  }
}

Object.assign(ELEMENTS, {
  "s-badge": Badge, "s-text": Text, "s-paragraph": Paragraph, "s-heading": Heading, "s-number": Num, "s-unordered-list": UnorderedList,
  "s-ordered-list": OrderedList, "s-list-item": ListItem, "s-chip": Chip,
});
