/* Keeps what is typed in the log panel on this device until it is saved or thrown away: for one customer and one person. */
(() => {
  "use strict";

  const PREFIX = "retention.draft.";
  const body = document.body;
  const person = body.dataset.person;
  if (!person) return;

  const NOT_KEPT = ["csrfmiddlewaretoken", "customer", "next", "log_key"];
  const WORDS = "textarea, input[type=text]";
  /* Drafts that were found and about which nothing was said yet; what is typed meanwhile does not replace them. */
  const undecided = new Set();

  /* A browser that keeps nothing, or has no room, is no reason to stop. */
  const stored = (work) => {
    try {
      return work(window.localStorage);
    } catch {
      return null;
    }
  };

  const drop = (wanted) =>
    stored((store) => {
      const keys = Object.keys(store).filter((key) => key.startsWith(PREFIX) && wanted(key));
      keys.forEach((key) => store.removeItem(key));
    });

  const keyOf = (form) => `${PREFIX}${person}.${form.elements.customer.value}`;
  const read = (key) => stored((store) => JSON.parse(store.getItem(key)));
  const isWorth = (form) => [...form.querySelectorAll(WORDS)].some((field) => field.value.trim());

  const write = (form) => {
    const key = keyOf(form);
    if (undecided.has(key)) return;
    if (!isWorth(form)) return drop((found) => found === key);
    const fields = [...new FormData(form)].filter(([name]) => !NOT_KEPT.includes(name));
    const at = read(key)?.at ?? Date.now();
    stored((store) => store.setItem(key, JSON.stringify({ at, fields })));
  };

  /* As a field for a day and time takes it, by the clock of this device. */
  const local = (moment) => new Date(moment - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

  /* Puts values into a form; what was typed before stays, below what is put in. */
  const fill = (form, fields) => {
    form.querySelectorAll("input[type=checkbox]").forEach((box) => (box.checked = false));
    for (const [name, value] of fields) {
      const field = form.elements[name];
      if (!field) continue;
      if (field instanceof RadioNodeList) field.value = value;
      else if (field.type === "checkbox") field.checked = true;
      else if (field.type === "datetime-local" && value.endsWith("Z")) field.value = local(new Date(value));
      else if (field.matches("textarea")) field.value = [value, field.value].filter(Boolean).join("\n");
      else field.value = value;
    }
    form.querySelector("textarea")?.focus();
  };

  const said = (bar, at) => {
    const isToday = new Date(at).toDateString() === new Date().toDateString();
    const day = isToday ? {} : { day: "numeric", month: "long" };
    const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const format = new Intl.DateTimeFormat(body.dataset.locale, { ...day, ...time });
    return (isToday ? bar.dataset.today : bar.dataset.before).replace("{time}", format.format(at));
  };

  const offer = () => {
    const form = document.querySelector(".log-form");
    const bar = form?.querySelector("[data-draft]");
    if (!bar || !bar.hidden) return;
    const key = keyOf(form);
    const draft = read(key);
    if (!draft || ("bound" in form.dataset && !undecided.has(key))) return;
    undecided.add(key);
    bar.querySelector("[data-draft-words]").textContent = said(bar, draft.at);
    bar.hidden = false;
  };

  const decide = (button) => {
    const form = button.closest(".log-form");
    const key = keyOf(form);
    const draft = read(key);
    undecided.delete(key);
    button.closest("[data-draft]").hidden = true;
    if ("draftGo" in button.dataset && draft) fill(form, draft.fields);
    else drop((found) => found === key);
    form.querySelector("textarea").focus();
  };

  document.addEventListener("input", (event) => {
    const form = event.target.closest(".log-form");
    if (form) write(form);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-draft-go], [data-draft-drop]");
    if (button) decide(button);
  });

  document.addEventListener("fill", (event) => fill(event.target, event.detail));

  const done = (form) => !undecided.has(keyOf(form)) && drop((found) => found === keyOf(form));

  body.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr } = event.detail;
    if (elt.matches(".log-form") && xhr.status === 200) done(elt);
  });
  body.addEventListener("kept", (event) => done(event.target));

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-logout]")) drop((key) => key.startsWith(`${PREFIX}${person}.`));
  });

  body.addEventListener("htmx:afterSettle", offer);
  drop((key) => !key.startsWith(`${PREFIX}${person}.`));
  offer();
})();
