// Runs in the visitor's browser, as /_tessera/client.mjs: tells which slots were really seen, and fills the slots of pages
// that an application shows without loading them. What was decided stands in <script type="application/json" id="tessera">.
// It watches nothing but visibility, and touches the page only after a navigation. It is written to be small: at most 2,048
// bytes, minified (scripts/browser_client.py).

const PLAIN = /^(t|src|h|c)/; // of the operations: text, src, srcset, href, class

const template = document.createElement("template");
const events = [];
const address = () => document.URL.split("#")[0];

let page = address();
let view; // the id of the page view; without one nothing is counted
let slots; // of which something is still to be told, by name

// ---- what stands in the page ---------------------------------------------------------------------------------------

const all = (selector) => [...document.querySelectorAll(selector)];
/** What tells one element from another, whatever scripts do to its classes and attributes. */
const mark = (element) => element.id + (element.textContent.trim() || element.outerHTML);

const made = (markup) => ((template.innerHTML = markup), template.content);

/** The elements that show what was decided for a slot. One that is left as it is shows it, whatever stands in it. */
function shown({ selector, operation, content }) {
  const isPlain = content === null || PLAIN.test(operation);
  const root = isPlain ? null : made(content).querySelector(":not(style,script)");
  // with an n: inner, prepend, append
  if (root) return all(root.localName).filter((each) => mark(each) === mark(root) && (!/n/.test(operation) || each.closest(selector)));
  const text = isPlain ? content : template.content.textContent;
  return all(selector).filter((each) => text === null || (each.getAttribute(operation) ?? each.textContent) === text);
}

// ---- what was seen -------------------------------------------------------------------------------------------------

/** Tell once of a slot. */
function tell(event, slot) {
  if (view) events.push({ event, view, slot, ago: -Date.now() });
  slots.delete(slot);
}

const watch = () => slots.forEach((each) => shown(each).forEach((element) => observer.observe(element)));
/** An element was in view for a second; `watched` were the slots, others since the page was laid aside. */
const seen = (element, watched) => watched !== slots || slots.forEach((each, slot) => shown(each).includes(element) && tell("exposure", slot));

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, intersectionRatio, intersectionRect } of entries) {
      clearTimeout(target.timer_);
      if (intersectionRatio >= 0.5 || 2 * intersectionRect.height >= innerHeight) target.timer_ = setTimeout(seen, 1000, target, slots);
    }
    watch(); // what was drawn anew
  },
  { threshold: [0, 0.1, 0.2, 0.5] },
);

/** Watch no longer, and send what is to be told: at most 50 events at once. */
function rest() {
  observer.disconnect();
  slots = new Map(slots); // so that no timer goes on
  const batch = events.splice(0, 50);
  batch.map((event) => (event.ago += Date.now()));
  if (batch[0]) navigator.sendBeacon("/_tessera/events", JSON.stringify({ events: batch }));
}

/** The page is laid aside, or left; or comes back. */
function turn() {
  if (!document.hidden) return watch();
  slots.forEach((each, slot) => each.content && !shown(each)[0] && tell("undone", slot));
  rest();
}

function adopt(told) {
  view = told.view;
  slots = new Map(Object.entries({ ...told.slots }));
}

// ---- pages that the application shows ------------------------------------------------------------------------------

function put(each) {
  const { selector, operation, content } = each;
  if (content === "" || (content && !shown(each)[0])) {
    for (const element of all(selector)) {
      if (operation === "text") element.textContent = content;
      else if (PLAIN.test(operation)) element.setAttribute(operation, content);
      else element[{ replace: "replaceWith", inner: "replaceChildren" }[operation] ?? operation](made(content));
    }
  }
}

/** Ask for the slots of the page that is shown now, and fill them unless the application does so itself. */
async function update() {
  const next = address();
  if (next !== page) {
    page = next;
    rest();
    slots.clear();
    const detail = await (await fetch("/_tessera/slots?page=" + encodeURIComponent(next))).json();
    if (next === page) {
      if (detail.redirect) location.replace(detail.redirect);
      adopt(detail);
      if (dispatchEvent(new CustomEvent("tessera", { detail, cancelable: true }))) slots.forEach(put);
      watch();
    }
  }
}

// ---- when ----------------------------------------------------------------------------------------------------------

adopt(JSON.parse(all("#tessera")[0]?.textContent ?? "{}"));
watch();
setTimeout(watch, 4000); // an application may have drawn the page anew
addEventListener("visibilitychange", turn);
if (self.navigation) navigation.addEventListener("navigatesuccess", update);
else {
  const { pushState } = history;
  history.pushState = (...state) => {
    pushState.apply(history, state);
    update();
  };
  addEventListener("popstate", update);
}
