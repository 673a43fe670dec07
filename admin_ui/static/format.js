// Numbers, money and dates as the merchant writes them, in the shop's currency and time zone: the server says all three
// on the page's first element, and writes the same way (plugin/language.py).

const { lang, dataset } = document.documentElement;
const currency = dataset.currency || "USD";
const timeZone = dataset.timezone || "UTC";
const digits = Number(dataset.digits ?? 2);

const plain = new Intl.NumberFormat(lang);
const amounts = new Intl.NumberFormat(lang, {
  style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
});
const days = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeZone });
const moments = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short", timeZone });

export const number = (value) => plain.format(value);

// Whole minor units: 123450 is $1,234.50.
export const money = (minor) => amounts.format(minor / 10 ** digits);

// A share of 1: 0.123 is 12.3%.
export function percent(share, decimals = 1) {
  const shown = { style: "percent", minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(lang, shown).format(share);
}

// An instant as the API writes it, or a day ("2026-03-05"), which is the same day in every zone.
export function date(told) {
  if (!/^\d{4}-\d\d-\d\d$/.test(told)) return days.format(new Date(told));
  return new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(told));
}

export const moment = (told) => moments.format(new Date(told));
