// A small React application over markup from a server. On / it renders what was decided; on /careless it knows nothing of it,
// so that React finds other markup than it expects and draws the page anew.

import { createElement as h } from "react";
import { hydrateRoot } from "react-dom/client";

const isCareful = location.pathname === "/";
const told = JSON.parse(document.getElementById("tessera").textContent);
const decided = (slot, otherwise) => (isCareful ? (told.slots[slot].content ?? otherwise) : otherwise);

function App() {
  return h(
    "main",
    null,
    h("h1", { id: "title" }, decided("title", "Hello")),
    h("section", { id: "offer", dangerouslySetInnerHTML: { __html: decided("offer", "<p>Nothing special</p>") } }),
    h("button", { id: "more", onClick: (event) => (event.target.textContent = "pressed") }, "More"),
  );
}

window.recovered = 0;
hydrateRoot(document.getElementById("root"), h(App), { onRecoverableError: () => (window.recovered += 1) });
document.documentElement.dataset.ready = "yes";
