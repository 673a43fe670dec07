// Where things stand: box, stack, grid, divider. What their attributes say becomes a style of their own.

const SPACES = {
  "none": 0, "small-500": 2, "small-400": 4, "small-300": 6, "small-200": 8, "small-100": 10, "small": 12, "base": 16, "large": 20, "large-100": 20,
  "large-200": 24, "large-300": 32, "large-400": 40, "large-500": 48,
};
const BACKGROUNDS = { base: "#fff", subdued: "#f7f7f7", strong: "#ebebeb", transparent: "transparent" };
const RADII = { "none": 0, "small-200": 2, "small-100": 4, "small": 4, "base": 8, "large": 12, "large-100": 16, "large-200": 20, "max": 999 };
const lengths = (words, known) => words.split(/\s+/).map((word) => (word in known ? `${known[word]}px` : word)).join(" ");

// Attribute → what it says in CSS.
const BOX_STYLES = {
  padding: (words) => `padding: ${lengths(words, SPACES)}`,
  paddingblock: (words) => `padding-block: ${lengths(words, SPACES)}`,
  paddinginline: (words) => `padding-inline: ${lengths(words, SPACES)}`,
  paddingblockstart: (words) => `padding-block-start: ${lengths(words, SPACES)}`,
  paddingblockend: (words) => `padding-block-end: ${lengths(words, SPACES)}`,
  paddinginlinestart: (words) => `padding-inline-start: ${lengths(words, SPACES)}`,
  paddinginlineend: (words) => `padding-inline-end: ${lengths(words, SPACES)}`,
  background: (word) => `background: ${BACKGROUNDS[word] ?? "none"}`,
  border: (words) => (words === "none" ? "border: 0" : "border: 1px solid #e3e3e3"),
  borderradius: (words) => `border-radius: ${lengths(words, RADII)}`,
  inlinesize: (length) => `inline-size: ${length}`,
  mininlinesize: (length) => `min-inline-size: ${length}`,
  maxinlinesize: (length) => `max-inline-size: ${length}`,
  blocksize: (length) => `block-size: ${length}`,
  minblocksize: (length) => `min-block-size: ${length}`,
  overflow: (word) => `overflow: ${word}`,
};
const PLACING = {
  gap: (words) => `gap: ${lengths(words, SPACES)}`,
  rowgap: (word) => `row-gap: ${lengths(word, SPACES)}`,
  columngap: (word) => `column-gap: ${lengths(word, SPACES)}`,
  alignitems: (word) => `align-items: ${word}`,
  justifycontent: (word) => `justify-content: ${word}`,
  aligncontent: (word) => `align-content: ${word}`,
};
const ROLES = { "ordered-list": "list", "unordered-list": "list", "list-item": "listitem", "aside": "complementary", "header": "banner", "footer": "contentinfo", "section": "region" };

class Box extends Element {
  static styles = BOX_STYLES;
  static observed = [...Object.keys(BOX_STYLES), "accessibilityrole", "accessibilitylabel"];
  static css = ":host { display: block; min-width: 0 } :host([display=none]) { display: none }";
  update() {
    const said = Object.entries(this.constructor.styles).filter(([name]) => this.hasAttribute(name));
    this.style$(said.map(([name, css]) => inContainer(this.getAttribute(name), css)).join("\n"));
    const role = this.getAttribute("accessibilityrole");
    if (role && role !== "generic") this.setAttribute("role", ROLES[role] ?? role);
    if (this.hasAttribute("accessibilitylabel")) this.setAttribute("aria-label", this.getAttribute("accessibilitylabel"));
  }
}

// "@container (inline-size > 500px) 1fr 1fr, 1fr": the first where the nearest s-query-container is so, else the second.
function inContainer(words, css) {
  const asked = words.match(/^@container\s*([\w-]*)\s*(\(.+?\))\s+([^,]+),\s*(.+)$/);
  if (!asked) return `:host { ${css(words)} }`;
  const [, name, condition, then, otherwise] = asked;
  return `:host { ${css(otherwise)} } @container ${name} ${condition} { :host { ${css(then.trim())} } }`;
}

class Stack extends Box {
  static styles = { ...BOX_STYLES, ...PLACING };
  static observed = [...Object.keys(this.styles), "accessibilityrole", "accessibilitylabel"];
  static css = `:host { display: flex; flex-direction: column; min-width: 0 } :host([direction=inline]) { flex-direction: row; flex-wrap: wrap; align-items: center }
    :host([display=none]) { display: none }`;
}

class Grid extends Box {
  static styles = {
    ...BOX_STYLES, ...PLACING,
    justifyitems: (word) => `justify-items: ${word}`,
    gridtemplatecolumns: (words) => `grid-template-columns: ${words}`,
    gridtemplaterows: (words) => `grid-template-rows: ${words}`,
  };
  static observed = [...Object.keys(this.styles), "accessibilityrole", "accessibilitylabel"];
  static css = ":host { display: grid; min-width: 0 } :host([display=none]) { display: none }";
}

class GridItem extends Box {
  static styles = { ...BOX_STYLES, gridcolumn: (words) => `grid-column: ${words}`, gridrow: (words) => `grid-row: ${words}` };
  static observed = [...Object.keys(this.styles), "accessibilityrole", "accessibilitylabel"];
}

class QueryContainer extends Element {
  static observed = ["containername"];
  static css = ":host { display: block; container-type: inline-size }";
  update() { this.style$(`:host { container-name: ${this.getAttribute("containername") || "none"} }`); }
}

class Divider extends Element {
  static role = "separator";
  static css = `:host { display: block; height: 1px; background: #ebebeb } :host([color=strong]) { background: #8a8a8a }
    :host([direction=block]) { width: 1px; height: auto; align-self: stretch }`;
  static html = "";
}

Object.assign(ELEMENTS, {
  "s-box": Box, "s-stack": Stack, "s-grid": Grid, "s-grid-item": GridItem, "s-query-container": QueryContainer, "s-divider": Divider,
});
