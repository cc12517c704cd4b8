/* The search: looked up here, in the words of each card; then the edge puts what was found into the visitor's order. Where it does not
   answer in time, or may not know anybody, what was found stays as it is. */
(() => {
  "use strict";

  const PATIENCE = 800; // milliseconds that the edge may take
  const WEIGHT = 0.5; // how much taste counts against the words
  const byId = (id) => document.getElementById(id);
  const list = byId("results");
  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const wordsOf = (text) => plain(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean).slice(0, 8);

  /** How well a card answers: whole words of its name count most, then those of its notes, then all else. */
  function relevance(card, words) {
    const text = (selector) => plain(card.querySelector(selector).textContent);
    const places = [[3, text(".card-name")], [2, text(".card-notes")], [1, plain(card.dataset.words)]];
    const found = words.map((word) => Math.max(0, ...places.map(([worth, place]) => (place.includes(word) ? worth : 0))));
    return found.every(Boolean) ? found.reduce((sum, each) => sum + each, 0) : 0;
  }

  /** The ids in the visitor's order. */
  async function ranked(found) {
    const response = await fetch(`/_tessera/rank?page=${encodeURIComponent(location.pathname)}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ids: found.map(({ sku }) => sku), relevance: found.map(({ score }) => score), weight: WEIGHT, model: "affinity" }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (!response.ok) throw new Error(String(response.status));
    return (await response.json()).items.map(({ id }) => id);
  }

  async function search(query) {
    byId("q").value = query;
    const cards = new Map([...list.children].map((card) => [card.dataset.sku, card]));
    const words = wordsOf(query);
    const found = [...cards].map(([sku, card]) => ({ sku, card, score: relevance(card, words) })).filter(({ score }) => score > 0);
    found.sort((one, other) => other.score - one.score); // a stable sort: among equals what sells comes first
    byId("search-title").textContent = `“${query}”`;
    let order = found.map(({ sku }) => sku);
    try {
      if (order.length > 1) order = await ranked(found);
    } catch {
      // the order stays
    }
    list.replaceChildren(...order.map((sku) => cards.get(sku)));
    byId("search-status").textContent = order.length === 0 ? "We have nothing of that kind. Try a taste, a country or a tool." : `${order.length} found`;
    list.dataset.query = query;
  }

  const query = (new URLSearchParams(location.search).get("q") ?? "").trim().slice(0, 100);
  if (wordsOf(query).length > 0) search(query);
})();
