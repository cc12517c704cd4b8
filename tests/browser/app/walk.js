// An application that shows its pages itself: links change the address and what stands in <main>, the header stays.

const views = {
  "/app/one": "<div id=body>The first page</div>",
  "/app/two": "<div id=body>The second page</div><p id=only>Only here</p>",
  "/app/plain": "<div id=body>A page without slots</div>",
};

function show() {
  document.querySelector("main").innerHTML = views[location.pathname];
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("nav a");
  if (!link) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  show();
});
addEventListener("popstate", show);
