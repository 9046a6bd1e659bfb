/* Coming back from a call that was begun with a tap on a number: how did it go? Asked once for each tap. */
(() => {
  "use strict";

  const NAME = "retention.call";
  const AN_HOUR = 60 * 60 * 1000;
  const body = document.body;
  const sheet = document.getElementById("call-back");
  const person = body.dataset.person;
  if (!sheet || !person) return;

  const [asking, following] = sheet.querySelectorAll("[data-step]");
  const done = following.querySelector("[data-done]");
  let follow = "";
  let call = null;

  /* A browser that keeps nothing asks nothing. */
  const stored = (work) => {
    try {
      return work(window.sessionStorage);
    } catch {
      return null;
    }
  };

  const forget = () => stored((store) => store.removeItem(NAME));

  const waiting = () => {
    const found = stored((store) => JSON.parse(store.getItem(NAME)));
    if (!found) return null;
    if (found.person === person && Date.now() - found.at < AN_HOUR) return found;
    forget();
    return null;
  };

  const isWriting = () => document.activeElement?.matches("textarea, input:not([type=radio], [type=checkbox])");

  const show = (step) => {
    const wasWriting = isWriting() && !sheet.contains(document.activeElement);
    [asking, following].forEach((one) => (one.hidden = one !== step));
    sheet.querySelectorAll("[data-words]").forEach((one) => (one.textContent = one.dataset.words.replace("{name}", call.name)));
    sheet.setAttribute("aria-labelledby", step.querySelector("h2").id);
    sheet.hidden = false;
    if (!wasWriting) sheet.focus();
  };

  const hide = () => {
    sheet.hidden = true;
    forget();
  };

  const ask = () => {
    if (document.visibilityState !== "visible") return;
    const found = waiting();
    if (!found) {
      if (!asking.hidden) sheet.hidden = true;
      return;
    }
    if (!sheet.hidden && call?.key === found.key) return;
    call = found;
    bootstrap.Offcanvas.getInstance(document.getElementById("log-panel"))?.hide();
    show(asking);
  };

  const post = (address, values) => htmx.ajax("POST", address, { source: sheet, swap: "none", values }).catch(() => {});

  const answer = (button) => {
    const { outcome, minutes = "", next = "" } = button.dataset;
    const { customer, contact, who, key } = call;
    const happened = new Date(call.at).toISOString();
    hide();
    const said = { kind: "call", outcome, minutes, next_in: next, happened_at: happened };
    post(sheet.dataset.log, { ...said, customer, contact, who, log_key: key });
  };

  const offerNext = ({ follow: address, due }) => {
    follow = address;
    done.hidden = !due;
    if (due) {
      done.dataset.address = due.done;
      done.querySelector("[data-title]").textContent = due.title;
    }
    show(following);
  };

  sheet.addEventListener("saved", (event) => event.detail?.follow && offerNext(event.detail));

  /* Refused: the panel says why, with everything at hand. */
  sheet.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr.status !== 422) return;
    const address = `${sheet.dataset.log}?customer=${call.customer}&kind=call`;
    body.dispatchEvent(new CustomEvent("panel", { detail: address }));
  });

  sheet.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("outcome" in button.dataset) return answer(button);
    if (button === done) {
      post(done.dataset.address, {});
      done.hidden = true;
      return sheet.focus();
    }
    hide();
    if ("next" in button.dataset) post(follow, { next_in: button.dataset.next });
    if ("write" in button.dataset) {
      const address = `${sheet.dataset.log}?customer=${call.customer}&kind=call`;
      body.dispatchEvent(new CustomEvent("panel", { detail: address }));
    }
  });

  sheet.addEventListener("keydown", (event) => event.key === "Escape" && hide());

  document.addEventListener("click", (event) => {
    const number = event.target.closest("a[data-call]");
    if (!number) return;
    const { customer, contact, name, of: who } = number.dataset;
    const key = crypto.randomUUID?.() ?? "";
    stored((store) => store.setItem(NAME, JSON.stringify({ person, customer, contact, name, who, key, at: Date.now() })));
  });

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-undo]")) sheet.hidden = true;
    if (event.target.matches("[data-logout]")) forget();
  });

  document.addEventListener("visibilitychange", ask);
  window.addEventListener("pageshow", ask);
  window.addEventListener("focus", ask);
})();
