"use strict";
const SHOWN = 60;
const KIND_POINTS = { measure: 3, table: 2, guide: 1, source: 1 };
const entries = JSON.parse(document.getElementById("entries").textContent);
const input = document.querySelector("input[name=q]");
const count = document.getElementById("count");
const found = document.getElementById("found");
// singular and plural are one word; names are searched by their parts as well
const wordsOf = (text) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) || []).map((word) => word.length > 3 ? word.replace(/ies$/, "y").replace(/s$/, "") : word);
const indexed = entries.map((entry) => ({ entry, name: wordsOf(entry.name), text: wordsOf(entry.text), whole: entry.name.toLowerCase() }));

function score(item, terms, query) {
  let total = item.whole === query || item.whole.endsWith("." + query) ? 50 : 0;
  for (const term of terms) {
    const best = item.name.includes(term) ? 10 : item.name.some((word) => word.startsWith(term)) ? 6
      : item.text.includes(term) ? 3 : item.text.some((word) => word.startsWith(term)) ? 1 : 0;
    if (best === 0) return 0; // every word must occur
    total += best;
  }
  return total + (KIND_POINTS[item.entry.kind] || 0);
}

function search() {
  const query = input.value.trim().toLowerCase();
  const terms = wordsOf(query);
  found.replaceChildren();
  if (terms.length === 0) { count.textContent = `${entries.length.toLocaleString("en")} names and texts to search`; return; }
  const results = indexed.map((item) => [score(item, terms, query), item.entry]).filter(([points]) => points > 0)
    .sort((one, other) => other[0] - one[0]);
  count.textContent = results.length === 0 ? "Nothing has all of these words. Try fewer or shorter words."
    : `${results.length.toLocaleString("en")} found` + (results.length > SHOWN ? `, the first ${SHOWN} listed` : "");
  for (const [, entry] of results.slice(0, SHOWN)) {
    const row = document.createElement("li");
    const link = document.createElement("a");
    const kind = document.createElement("span");
    const text = document.createElement("p");
    link.href = entry.url;
    link.textContent = entry.name;
    kind.textContent = entry.kind;
    kind.className = "kind";
    text.textContent = entry.text.length > 180 ? entry.text.slice(0, 180) + " …" : entry.text;
    row.append(link, " ", kind, text);
    found.append(row);
  }
}

input.value = new URLSearchParams(location.search).get("q") || "";
input.addEventListener("input", search);
input.form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
search();
input.focus();
