/* The preference centre: how far personalisation goes, why the home page is as it is, and being forgotten. */
(() => {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const form = byId("choices");
  const boxes = [...form.querySelectorAll("input[name=purpose]")];
  const LABELS = { personalization: "suggestions", analytics: "measuring" };
  const UNITS = [[86_400, "day"], [3_600, "hour"], [60, "minute"]];

  async function ask(path, options = {}) {
    const response = await fetch(`/_tessera/${path}`, options);
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  function show({ purposes, level }, told) {
    for (const box of boxes) box.checked = purposes[box.value] === true;
    form.elements.level.value = level;
    byId("choice-status").textContent = told;
  }

  async function save(event) {
    event.preventDefault();
    const wish = { purposes: boxes.filter((box) => box.checked).map((box) => box.value), level: form.elements.level.value };
    try {
      const kept = await ask("preferences", { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(wish) });
      show(kept, "Your choice is saved in this browser, and in force from now on.");
      explain();
    } catch {
      byId("choice-status").textContent = "This could not be saved. Please try again.";
    }
  }

  function ago(seconds) {
    const [size, unit] = UNITS.find(([each]) => seconds >= each) ?? [1, "second"];
    const count = Math.max(1, Math.floor(seconds / size));
    return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
  }

  const named = (name) => name.split(".").pop().replaceAll("_", " ");

  function shown(value) {
    if (Array.isArray(value)) return value.map((each) => each?.item ?? each).join(", ") || "nothing";
    if (value !== null && typeof value === "object") return Object.keys(value).join(", ") || "nothing";
    return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
  }

  function element(tag, text) {
    return Object.assign(document.createElement(tag), { textContent: text });
  }

  async function explain() {
    try {
      const { slots, known } = await ask("why?page=/");
      byId("why-slots").replaceChildren(...Object.entries(slots).flatMap(([slot, { why }]) => [element("dt", named(slot)), element("dd", why)]));
      const facts = Object.entries(known).map(([name, { value, purpose, age_seconds: age }]) => {
        const when = age === null ? "" : `, known since ${ago(age)}`;
        return element("li", `${named(name)}: ${shown(value)} (for ${LABELS[purpose] ?? "running the shop"}${when})`);
      });
      byId("why-known").replaceChildren(...(facts.length > 0 ? facts : [element("li", "Nothing about you: only what your request tells.")]));
      byId("why").hidden = false;
    } catch {
      byId("why").hidden = true;
    }
  }

  async function forget() {
    try {
      await ask("profile", { method: "DELETE" });
      byId("forget-status").textContent = "Done. What was stored goes within seconds; this browser is a stranger again.";
      explain();
    } catch {
      byId("forget-status").textContent = "This did not work. Please try again.";
    }
  }

  form.addEventListener("submit", save);
  byId("forget").addEventListener("click", forget);
  ask("preferences").then((kept) => show(kept, ""), () => {});
  explain();
})();
