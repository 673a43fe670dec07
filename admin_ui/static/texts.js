// What scripts say to the merchant, in the merchant's language. The message is the English text; {name} is filled with
// values.name, numbers as people write them. Translations come from the server: texts.de.js, loaded before all modules.

import { number } from "./format.js";

const translated = window.regularsTexts ?? {};

export function say(message, values = {}) {
  return filled([translated[message] ?? message].flat()[0], values);
}

// The form for so many; {count} is filled with the number.
export function sayMany(one, many, count, values = {}) {
  const [translatedOne, translatedMany] = translated[one] ?? [one, many];
  return filled(count === 1 ? translatedOne : translatedMany, { count, ...values });
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (blank, name) => (name in values ? written(values[name]) : blank));
}

function written(value) {
  return typeof value === "number" ? number(value) : value;
}
