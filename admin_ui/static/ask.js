// Asks the server for JSON and hands it JSON, in the merchant's language. App Bridge adds the proof of who asks.

// What the server refused: `message` for the whole, `errors` for single fields by their path, `status` as HTTP counts.
export class Refused extends Error {
  constructor(status, { error, errors }) {
    super(error ?? Object.values(errors ?? {})[0] ?? `Status ${status}`);
    this.status = status;
    this.errors = errors ?? {};
  }
}

// Throws Refused if the server says no, and whatever `fetch` throws if it cannot be reached.
export async function ask(address, { method = "GET", body, ...options } = {}) {
  const answer = await fetch(address, {
    ...options,
    method,
    headers: {
      "Accept-Language": document.documentElement.lang,
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}
