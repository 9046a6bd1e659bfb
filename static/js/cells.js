/* Values that are changed where they stand: Enter saves, Escape cancels, and what was typed stays until one of them. */
(() => {
  "use strict";

  const PREFIX = "retention.cell.";
  const body = document.body;
  const page = document.getElementById("customer-page");
  if (!page) return;

  /* What a place showed before it was changed. */
  const shown = new WeakMap();
  let focused = "";

  /* A browser that keeps nothing is no reason to stop. */
  const stored = (work) => {
    try {
      return work(window.sessionStorage);
    } catch {
      return null;
    }
  };

  const keyOf = (address) => `${PREFIX}${body.dataset.person}.${address}`;
  const addressOf = (form) => form.getAttribute("action");
  const typed = (address) => stored((store) => store.getItem(keyOf(address)));
  const forget = (address) => stored((store) => store.removeItem(keyOf(address)));
  const fieldOf = (form) => form.querySelector("select, textarea, input:not([type=hidden])");
  const linkTo = (address) => page.querySelector(`[data-cell-edit="${address}"]`);

  const open = async (link, { focus }) => {
    const cell = link.closest("[data-cell]");
    const address = link.dataset.cellEdit;
    const before = [...cell.childNodes];
    /* Asked for by the place itself: of what a page asks for without one, only the newest waits its turn. */
    await htmx.ajax("GET", address, { source: cell, target: cell, swap: "innerHTML" }).catch(() => {});
    const form = cell.querySelector(".cell-form");
    if (!form) return;
    shown.set(cell, before);
    const field = fieldOf(form);
    const kept = typed(address);
    if (kept !== null) field.value = kept;
    if (!focus) return;
    field.focus();
    if (kept === null && field.select) field.select();
  };

  const cancel = (form) => {
    const cell = form.closest("[data-cell]");
    forget(addressOf(form));
    cell.replaceChildren(...shown.get(cell));
    linkTo(addressOf(form))?.focus();
  };

  /* What is being changed while the page is shown anew is open again afterwards. */
  const reopen = () => {
    page.querySelectorAll("[data-cell-edit]").forEach((link) => {
      const address = link.dataset.cellEdit;
      if (typed(address) !== null) open(link, { focus: address === focused });
      else if (address === focused) link.focus();
    });
    focused = "";
  };

  page.addEventListener("click", (event) => {
    const link = event.target.closest("[data-cell-edit]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open(link, { focus: true });
    }
    const form = event.target.closest("[data-cell-cancel]")?.closest(".cell-form");
    if (form) {
      event.preventDefault();
      cancel(form);
    }
  });

  page.addEventListener("keydown", (event) => {
    const form = event.target.closest(".cell-form");
    if (!form || event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      cancel(form);
    } else if (event.key === "Enter" && !event.shiftKey && event.target.matches("select, textarea")) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  page.addEventListener("input", (event) => {
    const form = event.target.closest(".cell-form");
    if (form) stored((store) => store.setItem(keyOf(addressOf(form)), event.target.value));
  });

  page.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr } = event.detail;
    if (elt.matches(".cell-form") && xhr.status === 200) forget(addressOf(elt));
  });

  page.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target !== page) return;
    const form = document.activeElement.closest(".cell-form");
    focused = form && page.contains(form) ? addressOf(form) : "";
  });
  page.addEventListener("htmx:afterSwap", (event) => {
    const { target } = event;
    if (target === page) reopen();
    else if (target.matches(".cell-form")) fieldOf(target)?.focus();
  });

  reopen();
})();
