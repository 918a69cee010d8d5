"use strict";
// The filter: what is not asked for is hidden, in the list and on the page.
const box = document.querySelector("#filter");
const sections = [...document.querySelectorAll("section[data-words]")];
const links = new Map([...document.querySelectorAll("nav a[href^='#']")].map((a) => [a.hash.slice(1), a]));
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of sections) {
    const text = section.dataset.words.toLowerCase();
    const hidden = !words.every((word) => text.includes(word));
    section.hidden = hidden;
    links.get(section.id)?.parentElement.toggleAttribute("hidden", hidden);
  }
  for (const chapter of document.querySelectorAll("[data-chapter]")) {
    chapter.hidden = !chapter.querySelector("section:not([hidden]), li:not([hidden])");
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== box) {
    event.preventDefault();
    box.focus();
  }
});
