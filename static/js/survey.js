/* Shows and hides questions by their rules while somebody answers. Without script all stand there, each with a word on
   when it is meant; the server decides by the same rules either way. */
(() => {
  "use strict";

  const NUMBERS = ["nps", "csat", "ces", "number"];
  const form = document.querySelector(".survey-form");
  const ruled = form ? [...form.querySelectorAll("[data-rule-field]")] : [];

  const answers = (field) => {
    const controls = [...form.querySelectorAll(`[name="${CSS.escape(field)}"]`)];
    const choices = controls.filter((control) => control.matches("[type=radio], [type=checkbox]"));
    const given = choices.length ? choices.filter((choice) => choice.checked) : controls;
    return given.map((control) => control.value).filter(Boolean);
  };

  const number = (text) => Number(text.trim().replace("\u2212", "-").replace(",", "."));

  const holds = ({ ruleField, ruleKind, ruleSign, ruleValue }) => {
    const given = answers(ruleField);
    if (ruleKind === "consent" && !given.length) given.push("no");
    if (!given.length) return ruleSign === "is_not";
    if (ruleKind === "multiple") return given.includes(ruleValue) === (ruleSign === "is");
    const [value, wanted] = NUMBERS.includes(ruleKind) ? [number(given[0]), number(ruleValue)] : [given[0], ruleValue];
    return { is: value === wanted, is_not: value !== wanted, at_least: value >= wanted, at_most: value <= wanted }[ruleSign];
  };

  /* In the order of the page: a question whose rule is about a hidden one is hidden as well. */
  const show = () => {
    const hidden = new Set();
    ruled.forEach((question) => {
      question.hidden = hidden.has(question.dataset.ruleField) || !holds(question.dataset);
      if (question.hidden) hidden.add(question.id.replace(/^question-/, ""));
    });
  };

  if (!ruled.length) return;
  form.querySelectorAll(".question-rule").forEach((note) => (note.hidden = true));
  form.addEventListener("input", show);
  show();
})();
