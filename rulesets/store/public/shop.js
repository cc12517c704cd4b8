/* The shop's own script: the consent notice, the cart, and what visitors do, told to the edge. Every page reads well without it. */
(() => {
  "use strict";

  const COOKIE = "tessera_consent";
  const HALF_A_YEAR = 180 * 24 * 60 * 60;
  const FREE_FROM = 40;
  const POST = 4.9;
  const byId = (id) => document.getElementById(id);
  const euro = (value) => "€" + value.toFixed(2);

  // --- consent -----------------------------------------------------------------------------------------------------

  function choice() {
    const pair = document.cookie.split("; ").find((part) => part.startsWith(COOKIE + "="));
    return pair === undefined ? null : pair.slice(COOKIE.length + 1);
  }

  function choose(value) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${COOKIE}=${value}; Path=/; SameSite=Lax; Max-Age=${HALF_A_YEAR}${secure}`;
    location.reload();
  }

  function consentNotice() {
    const notice = byId("consent");
    if (choice() !== null) return;
    notice.hidden = false;
    for (const button of notice.querySelectorAll("[data-consent]"))
      button.addEventListener("click", () => choose(button.dataset.consent));
  }

  // --- what visitors do (docs/events.md). The edge decides what of it may be kept, and for whom ----------------------------------

  const CURRENCY = "EUR";

  /** Tell of an event, also while the page is being left. */
  function report(event, fields) {
    if (choice() === "none") return;
    const body = JSON.stringify({ events: [{ event, page: location.pathname, ...fields }] });
    if (navigator.sendBeacon?.("/_tessera/events", body)) return;
    fetch("/_tessera/events", { method: "POST", body, headers: { "content-type": "application/json" }, keepalive: true }).catch(() => {});
  }

  /** A button without a text of its own, so that what stands beside it is still recognised as what was decided. */
  function closeButton(label, act) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "close", title: label });
    button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    return button;
  }

  /** Who agreed to suggestions may say what they do not want to see. */
  function feedback() {
    if (!/personalization|all/.test(choice() ?? "")) return;
    for (const card of document.querySelectorAll("#related [data-sku]")) {
      const hide = closeButton("Do not suggest this again", () => {
        report("hide", { slot: "carousel", item: card.dataset.sku });
        card.remove();
      });
      card.append(hide);
    }
    const banner = byId("banner");
    if (!banner?.querySelector('a[href="/cart"]')) return; // only the reminder belongs to a campaign
    const dismiss = closeButton("Do not remind me", () => {
      report("dismiss", { slot: "banner", campaign: "cart_recovery" });
      banner.remove();
    });
    banner.firstElementChild.append(dismiss);
  }

  // --- cart --------------------------------------------------------------------------------------------------------

  function cart() {
    try {
      const lines = JSON.parse(localStorage.getItem("cart") ?? "[]");
      return Array.isArray(lines) ? lines.filter((line) => typeof line?.sku === "string" && line.count > 0) : [];
    } catch {
      return []; // storage blocked, or not ours: an empty cart
    }
  }

  function keep(lines) {
    try {
      localStorage.setItem("cart", JSON.stringify(lines));
    } catch {
      return; // storage blocked: the cart lasts as long as this page
    }
    showCount(lines);
  }

  const total = (lines) => lines.reduce((sum, line) => sum + line.price * line.count, 0);

  function showCount(lines) {
    const badge = byId("cart-count");
    const count = lines.reduce((sum, line) => sum + line.count, 0);
    badge.hidden = count === 0;
    badge.textContent = String(count);
  }

  /** Put products into the cart: [{sku, name, price, image}]. */
  function put(products, count) {
    const lines = cart();
    for (const product of products) {
      const line = lines.find((known) => known.sku === product.sku);
      if (line) line.count += count;
      else lines.push({ ...product, count });
      report("add_to_cart", { item: product.sku, quantity: count, value: product.price, currency: CURRENCY });
    }
    keep(lines);
    byId("buy-status").innerHTML = 'In your cart. <a href="/cart">Go to the cart</a>';
  }

  function buyForm() {
    const form = byId("buy");
    if (form === null) return;
    const { sku, name, price, image } = form.dataset;
    report("view_item", { item: sku, value: Number(price), currency: CURRENCY });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      put([{ sku, name, price: Number(price), image }], Math.max(1, Number(form.elements.count.value) || 1));
    });
  }

  /** What goes with the product of the page has one price with it, and one button. */
  function bundle() {
    const [form, sum] = [byId("buy"), byId("bundle-sum")];
    if (form?.dataset.sku === undefined || sum === null) return;
    const others = [...document.querySelectorAll("#bundle [data-sku]")].map(({ dataset }) => dataset);
    const products = [form.dataset, ...others].map(({ sku, name, price, image }) => ({ sku, name, price: Number(price), image: image.replace("/img/", "") }));
    if (products.length < 2) return;
    byId("bundle-total").textContent = euro(products.reduce((total, { price }) => total + price, 0));
    byId("bundle-add").addEventListener("click", () => put(products, 1));
    sum.hidden = false;
  }

  function lineRow(line, change) {
    const row = document.createElement("li");
    const picture = Object.assign(new Image(88, 88), { src: "/img/" + line.image, alt: "" });
    const link = Object.assign(document.createElement("a"), { href: "/p/" + line.sku, textContent: line.name });
    const count = Object.assign(document.createElement("input"), { type: "number", min: 0, max: 20, value: line.count });
    count.setAttribute("aria-label", "How many of " + line.name);
    count.addEventListener("change", () => change(Math.min(20, Math.max(0, Math.round(Number(count.value)) || 0))));
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: "Remove" });
    remove.setAttribute("aria-label", "Remove " + line.name);
    remove.addEventListener("click", () => change(0));
    const price = Object.assign(document.createElement("span"), { className: "line-price", textContent: euro(line.price * line.count) });
    row.append(picture, link, count, price, remove);
    return row;
  }

  function cartPage() {
    const list = byId("cart-list");
    if (list === null) return;
    const empty = list.querySelector(".cart-empty");
    const rows = list.appendChild(Object.assign(document.createElement("ul"), { className: "cart-lines" }));
    let lines = cart();
    const show = () => {
      empty.hidden = lines.length > 0;
      rows.replaceChildren(
        ...lines.map((line) =>
          lineRow(line, (count) => {
            const more = count - line.count;
            const sold = { item: line.sku, quantity: Math.abs(more), value: line.price, currency: CURRENCY };
            if (more !== 0) report(more > 0 ? "add_to_cart" : "remove_from_cart", sold);
            line.count = count;
            lines = lines.filter((kept) => kept.count > 0);
            keep(lines);
            show();
          }),
        ),
      );
      const goods = total(lines);
      const post = goods === 0 || goods >= FREE_FROM ? 0 : POST;
      byId("sum-goods").textContent = euro(goods);
      byId("sum-post").textContent = goods === 0 ? "Free from €40" : post === 0 ? "Free" : euro(post);
      byId("sum-total").textContent = euro(goods + post);
      byId("checkout").disabled = lines.length === 0;
    };
    show();
  }

  /** The order is told once: the cart is empty when the page is loaded again. */
  function thanks() {
    if (!location.pathname.startsWith("/thanks")) return;
    const lines = cart();
    const items = lines.slice(0, 32).map((line) => line.sku);
    if (items.length > 0) report("purchase", { items, value: Number(total(lines).toFixed(2)), currency: CURRENCY });
    keep([]);
  }

  consentNotice();
  buyForm();
  bundle();
  cartPage();
  thanks();
  feedback();
  showCount(cart());
})();
