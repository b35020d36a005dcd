/* Puts the texts in, keeps the language in links, and counts the basket for the chat. */
(() => {
  const texts = SHOP_TEXTS[SHOP_LANGUAGE];
  const prices = { halo: 89, kivi: 18, puro: 42, sade: 119, tuli: 24, ranta: 36 };
  const euro = new Intl.NumberFormat(SHOP_LANGUAGE, { style: "currency", currency: "EUR", minimumFractionDigits: 0 });

  for (const element of document.querySelectorAll("[data-t]")) {
    element.textContent = texts[element.dataset.t] ?? element.textContent;
  }
  for (const element of document.querySelectorAll("[data-alt]")) element.alt = texts[element.dataset.alt];
  for (const element of document.querySelectorAll("[data-price]")) {
    const amount = Number(element.dataset.amount ?? 1) * (prices[element.dataset.price] ?? Number(element.dataset.price));
    element.textContent = euro.format(amount);
  }
  document.title = texts[document.documentElement.dataset.title] ?? texts.home;

  for (const link of document.querySelectorAll("a[data-keep]")) {
    const address = new URL(link.href);
    address.searchParams.set("lang", SHOP_LANGUAGE);
    link.href = address.href;
  }
  for (const link of document.querySelectorAll("a[data-lang]")) {
    const address = new URL(location.href);
    address.searchParams.set("lang", link.dataset.lang);
    link.href = address.href;
    if (link.dataset.lang === SHOP_LANGUAGE) link.setAttribute("aria-current", "true");
  }

  // What the shop tells the chat, so that whoever answers sees it.
  window.translateProxy = window.translateProxy || [];
  const cart = { currency: "EUR", total: 125, items: [{ sku: "LU-HALO-01", quantity: 1 }, { sku: "LU-KIVI-03", quantity: 2 }] };
  window.translateProxy.push(["setPage", { cart }]);

  const form = document.querySelector("form[data-demo]");
  form?.addEventListener("submit", (event) => event.preventDefault());
})();
