// Words: badge, text, paragraph, lists.

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

class UnorderedList extends Element {
  static role = "list";
  static css = ":host { display: block; padding-left: 20px }";
}
class ListItem extends Element {
  static role = "listitem";
  static css = ":host { display: list-item; list-style: disc }";
}

Object.assign(ELEMENTS, { "s-badge": Badge, "s-text": Text, "s-paragraph": Paragraph, "s-unordered-list": UnorderedList, "s-list-item": ListItem });
