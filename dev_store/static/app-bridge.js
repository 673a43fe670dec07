/* A stand-in for Shopify's App Bridge, for a development store on your own machine. It talks to the admin page that
   embeds the app by postMessage. It is not Shopify's code and never reaches a production page: there APP_BRIDGE_URL
   points at Shopify's own script. */
(() => {
  "use strict";

  const ADMIN = "shopify://admin/";
  const script = document.currentScript;
  const params = new URLSearchParams(location.search);
  // The address says whose admin the page is in; without it, it is the one that this script comes from.
  const admin = params.has("host") ? originOf(atob(params.get("host"))) : new URL(script.src).origin;
  const waiting = new Map();
  let asked = 0;

  const tell = (message) => window.parent.postMessage({ devStore: true, ...message }, admin);
  const ask = (message) => new Promise((resolve, reject) => {
    asked += 1;
    waiting.set(asked, { resolve, reject });
    tell({ ...message, question: asked });
  });

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin !== admin || !event.data?.devStore) return;
    const { answer, value, error, type } = event.data;
    if (answer) {
      if (error) waiting.get(answer)?.reject(new Error(error));
      else waiting.get(answer)?.resolve(value);
      waiting.delete(answer);
    }
    if (type === "save") savedForm()?.requestSubmit();
    if (type === "discard") savedForm()?.reset();
    if (type === "navigate") signedAddress(event.data.href).then((target) => location.assign(target));
  });

  function originOf(place) {
    const { host, port } = new URL(`https://${place}`);
    return `${port ? "http" : "https"}://${host}`;  // this machine's servers have a port each, and no certificate
  }

  const idToken = () => ask({ type: "id-token" });

  // Shopify signs same-origin requests of the app, and asks once more when the app says that the token was stale.
  const plainFetch = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== location.origin || request.headers.has("Authorization")) return plainFetch(request);
    const signed = async () => {
      const copy = request.clone();
      copy.headers.set("Authorization", `Bearer ${await idToken()}`);
      return plainFetch(copy);
    };
    const answer = await signed();
    const stale = answer.status === 401 && answer.headers.has("X-Shopify-Retry-Invalid-Session-Request");
    return stale ? signed() : answer;
  };

  const signedAddress = async (address) => {
    const target = new URL(address, location.href);
    for (const name of ["shop", "host", "embedded", "locale"]) {
      if (params.has(name) && !target.searchParams.has(name)) target.searchParams.set(name, params.get(name));
    }
    target.searchParams.set("id_token", await idToken());
    return target;
  };

  // A document request came without a fresh token: the app sent us to its empty page, and we load the wanted one again.
  const reload = params.get("shopify-reload");
  if (reload && new URL(reload, location.href).origin === location.origin) {
    signedAddress(reload).then((target) => location.replace(target));
  }

  document.addEventListener("click", async (event) => {
    const link = event.composedPath().find((node) => node.tagName === "A" && node.href);
    if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return;
    // shopify://admin/customers/1 is a page of the admin around us.
    if (link.href.startsWith(ADMIN)) {
      event.preventDefault();
      tell({ type: "leave-for", path: link.href.slice(ADMIN.length) });
      return;
    }
    // Downloads and other windows are the browser's business: no token is put into their addresses.
    if (link.hasAttribute("download") || (link.target && link.target !== "_self")) return;
    if (new URL(link.href).origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    location.assign(await signedAddress(link.href));
  });

  const savedForm = () => document.querySelector("form[data-save-bar]");
  const isDirty = (form) => [...form.elements].some((field) => field.name && isChanged(field));
  const isChanged = (field) =>
    field.value !== field.defaultValue || Boolean(field.checked) !== Boolean(field.defaultChecked);
  const showSaveBar = (shown) => tell({ type: "save-bar", shown });
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.closest?.("form[data-save-bar]");
      if (form) showSaveBar(isDirty(form));
    });
  }
  for (const kind of ["submit", "reset"]) {
    document.addEventListener(kind, (event) => { if (event.target.matches("form[data-save-bar]")) showSaveBar(false); });
  }

  class AppNav extends HTMLElement {
    connectedCallback() {
      this.hidden = true;
      const links = [...this.querySelectorAll("[href]")].filter((link) => link.getAttribute("rel") !== "home");
      const pages = links.map((link) => ({ text: link.textContent.trim(), href: link.getAttribute("href") }));
      tell({ type: "nav", links: pages, here: location.pathname });
    }
  }
  document.addEventListener("DOMContentLoaded", () => customElements.define("s-app-nav", AppNav));

  window.shopify = {
    config: {
      apiKey: document.querySelector('meta[name="shopify-api-key"]')?.content ?? script.dataset.apiKey,
      shop: params.get("shop"), host: params.get("host"), locale: params.get("locale") ?? "en",
    },
    idToken,
    loading: (shown) => tell({ type: "loading", shown: Boolean(shown) }),
    toast: { show: (text, options = {}) => tell({ type: "toast", text, isError: Boolean(options.isError) }), hide: () => {} },
    saveBar: {
      show: async () => showSaveBar(true), hide: async () => showSaveBar(false),
      leaveConfirmation: () => ask({ type: "leave" }),
    },
    scopes: {
      query: () => ask({ type: "scopes", action: "query" }),
      request: (scopes) => ask({ type: "scopes", action: "request", scopes }),
      revoke: (scopes) => ask({ type: "scopes", action: "revoke", scopes }),
    },
  };
})();
