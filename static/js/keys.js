/* Single keys, for those who have not switched them off: c and m open the panel, and a choice in it has a key. */
(() => {
  "use strict";

  const body = document.body;
  const panel = document.getElementById("log-panel");
  if (!panel || !("keys" in body.dataset)) return;

  const inPanel = document.getElementById("log-panel-body");
  const KINDS = { c: "call", m: "meeting" };
  const WRITING = "textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit])";
  /* What is typed while the panel is still on its way; null when it is not. */
  let early = null;

  const isOpen = () => panel.matches(".show, .showing") && !panel.matches(".hiding");
  const isWriting = (place) => place.matches(WRITING) || place.isContentEditable;

  const press = (key) => {
    const layer = document.querySelector("#call-back:not([hidden])") ?? inPanel;
    const choice = [...layer.querySelectorAll("[data-key]")].find(
      (one) => one.dataset.key === key && (one.closest(".chip") ?? one).checkVisibility(),
    );
    if (!choice) return false;
    choice.focus();
    if (!choice.matches("textarea")) choice.click();
    return true;
  };

  const save = () => inPanel.querySelector(".log-form")?.requestSubmit();

  const write = (field, letter) => {
    field.value += letter;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  /* Each where the ones before have led: after "t" they are letters of the text. */
  const again = (key) => {
    const field = document.activeElement;
    if (!inPanel.contains(field) || !isWriting(field)) return key === "Enter" ? save() : press(key);
    if (key.length === 1) return write(field, key);
    return field.matches("textarea") && write(field, "\n");
  };

  const catchUp = () => {
    const keys = early ?? [];
    early = null;
    keys.forEach(again);
  };

  body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === inPanel && event.detail.requestConfig.verb === "get") early = [];
  });
  /* Here on the body: the panel has put the focus where it belongs before. */
  body.addEventListener("htmx:afterSettle", (event) => event.target === inPanel && catchUp());
  body.addEventListener("htmx:sendError", () => (early = null));
  body.addEventListener("htmx:responseError", () => (early = null));

  const pressed = (event) => {
    const isPlaced = event.target.closest("a, button, summary, [role=menu]");
    if (!isOpen() && !document.querySelector("#call-back:not([hidden])")) {
      const kind = KINDS[event.key];
      if (kind) body.dispatchEvent(new CustomEvent("log", { detail: kind }));
      return Boolean(kind);
    }
    if (event.key !== "Enter") return press(event.key);
    if (isPlaced || !inPanel.querySelector(".log-form") || !isOpen()) return false;
    save();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    const isKey = event.key.length === 1 || event.key === "Enter";
    if (early && isKey && isOpen()) {
      early.push(event.key);
      event.preventDefault();
    } else if (event.target.closest && !isWriting(event.target) && pressed(event)) {
      event.preventDefault();
    }
  });
})();
