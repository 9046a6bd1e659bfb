/* The little the pages need beside htmx: theme, keys, the panel, toasts. Everything works without it. */
(() => {
  "use strict";

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const setTheme = () => document.documentElement.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  dark.addEventListener("change", setTheme);
  setTheme();

  const body = document.body;
  const panel = document.getElementById("log-panel");
  const inPanel = document.getElementById("log-panel-body");
  let logged = "";

  /* ---- The panel: pages with a form open over the page one is on ---- */

  /* What was in the panel goes at once: nobody should type into a form that is about to be replaced. */
  const clearPanel = () => {
    inPanel.querySelectorAll(":scope > :not(.offcanvas-header)").forEach((old) => old.remove());
    inPanel.querySelector("#panel-title")?.replaceChildren();
    inPanel.append(document.getElementById("panel-loading").content.cloneNode(true));
  };

  const openPanel = (address) => {
    clearPanel();
    bootstrap.Offcanvas.getOrCreateInstance(panel).show();
    /* What goes wrong is said by the events of htmx. */
    htmx.ajax("GET", address, { source: inPanel, target: inPanel, swap: "innerHTML" }).catch(() => {});
  };

  /* On the page of a customer it is about that one. */
  const logAddress = (kind = "") => {
    const link = document.querySelector("[data-log-here]") ?? document.querySelector("[data-log]");
    const address = new URL(link.href);
    if (kind) address.searchParams.set("kind", kind);
    return address.href;
  };

  body.addEventListener("panel", (event) => openPanel(event.detail));
  body.addEventListener("log", (event) => openPanel(logAddress(event.detail)));

  const focusFirst = () => {
    const first = (...choices) => choices.map((choice) => inPanel.querySelector(choice)).find(Boolean);
    const wrong = first(".is-invalid, .chips:has(.invalid-feedback) input", "[autofocus]");
    /* A field that takes the focus calls up the keyboard of a phone, over the very choices to be made first. */
    const touch = window.matchMedia("(pointer: coarse)").matches;
    const keys = "keys" in body.dataset && first("[name=outcome]:checked", "input[type=radio]:checked");
    const next = touch ? null : keys || first("textarea", "input:not([type=hidden])");
    (wrong ?? next)?.focus();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-panel]");
    if (!link || !panel || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openPanel(link.matches("[data-log]") ? logAddress() : link.href);
  });

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-look-ahead]")) return;
    const first = document.querySelector("#log-found a[data-panel]");
    if (first && panel?.contains(event.target)) first.click();
    if (panel?.contains(event.target)) event.preventDefault();
  });

  /* What comes while the panel still slides in has the focus at once; Bootstrap takes it when the panel stands. */
  if (panel) {
    let placed = null;
    inPanel.addEventListener("focusin", (event) => (placed = event.target));
    panel.addEventListener("hide.bs.offcanvas", () => (placed = null));
    panel.addEventListener("shown.bs.offcanvas", () => (placed?.isConnected ? placed.focus() : focusFirst()));
    panel.addEventListener("htmx:afterSettle", (event) => {
      if (event.target === inPanel && panel.matches(".show, .showing")) focusFirst();
    });
  }

  /* ---- What was saved is marked where it appears ---- */

  body.addEventListener("saved", (event) => {
    if (panel && !event.detail?.quiet) bootstrap.Offcanvas.getOrCreateInstance(panel).hide();
    logged = event.detail?.interaction ? `interaction-${event.detail.interaction}` : "";
  });

  body.addEventListener("htmx:afterSettle", () => {
    startToasts();
    const row = logged && document.getElementById(logged);
    if (!row) return;
    row.classList.add("changed");
    logged = "";
  });

  /* ---- Toasts ---- */

  const startToasts = () => {
    document.querySelectorAll(".toast:not([data-started])").forEach((toast) => {
      toast.dataset.started = "1";
      const stays = toast.classList.contains("error");
      const delay = toast.querySelector("[data-undo]") ? 20000 : 8000;
      new bootstrap.Toast(toast, { autohide: !stays, delay }).show();
      toast.addEventListener("hidden.bs.toast", () => toast.remove());
      toast.querySelector("[data-undo]")?.addEventListener("htmx:afterRequest", () => toast.remove());
    });
  };

  const sayFailed = (event) => {
    if (event.defaultPrevented) return;
    const toast = document.getElementById("failed").content.cloneNode(true);
    document.getElementById("toasts").append(toast);
    startToasts();
    if (inPanel?.querySelector("[data-loading]")) bootstrap.Offcanvas.getOrCreateInstance(panel).hide();
  };

  ["htmx:responseError", "htmx:sendError", "htmx:timeout", "failed"].forEach((name) => body.addEventListener(name, sayFailed));
  body.addEventListener("toasts", startToasts);

  /* The session has ended: the answer is the login page, which belongs in the window and not into a part of it. */
  body.addEventListener("htmx:beforeSwap", (event) => {
    const address = event.detail.xhr.responseURL;
    if (!address || new URL(address).pathname !== body.dataset.login) return;
    event.detail.shouldSwap = false;
    window.location.reload();
  });

  /* ---- Keys ---- */

  const search = document.querySelector("[data-search]");

  document.addEventListener("keydown", (event) => {
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key.toLowerCase() === "k" && search) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (control && event.key === "Enter" && inPanel?.contains(event.target)) {
      event.target.closest("form")?.requestSubmit();
    }
  });

  startToasts();
})();
