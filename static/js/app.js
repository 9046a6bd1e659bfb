/* The little the pages need beside htmx: theme, keys, the log panel, toasts. Everything works without it. */
(() => {
  "use strict";

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const setTheme = () => document.documentElement.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  dark.addEventListener("change", setTheme);
  setTheme();

  const panel = document.getElementById("log-panel");

  const openLog = (address) => {
    const body = document.getElementById("log-panel-body");
    bootstrap.Offcanvas.getOrCreateInstance(panel).show();
    body.setAttribute("aria-busy", "true");
    htmx.ajax("GET", address, { target: body, swap: "innerHTML" }).finally(() => body.removeAttribute("aria-busy"));
  };

  const addToast = (text) => {
    const toast = document.createElement("div");
    toast.className = "toast show error";
    toast.setAttribute("role", "alert");
    const body = document.createElement("div");
    body.className = "toast-body";
    const words = document.createElement("span");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn-close";
    close.setAttribute("data-bs-dismiss", "toast");
    close.setAttribute("aria-label", "Close");
    body.append(words, close);
    toast.append(body);
    document.getElementById("toasts").append(toast);
  };

  const startToasts = () => {
    document.querySelectorAll(".toast:not([data-started])").forEach((toast) => {
      toast.dataset.started = "1";
      const stays = toast.classList.contains("error");
      new bootstrap.Toast(toast, { autohide: !stays, delay: 8000 }).show();
      toast.addEventListener("hidden.bs.toast", () => toast.remove());
    });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-log]");
    if (!link || !panel || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openLog(link.href);
  });

  document.addEventListener("keydown", (event) => {
    const search = document.querySelector("[data-search]");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && search) {
      event.preventDefault();
      search.focus();
      search.select();
      return;
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.key !== "c") return;
    const log = document.querySelector(".topbar a[data-log]");
    if (log && panel && !panel.classList.contains("show")) {
      event.preventDefault();
      openLog(document.querySelector("[data-log-here]")?.href ?? log.href);
    }
  });

  if (panel) {
    document.body.addEventListener("logSaved", () => bootstrap.Offcanvas.getOrCreateInstance(panel).hide());
    panel.addEventListener("htmx:afterSettle", () => panel.querySelector("[autofocus]")?.focus());
  }

  document.body.addEventListener("htmx:afterSettle", startToasts);
  const failed = () => addToast(document.body.dataset.failed);
  document.body.addEventListener("htmx:responseError", failed);
  document.body.addEventListener("htmx:sendError", failed);
  startToasts();
})();
