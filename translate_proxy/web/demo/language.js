/* Runs in the head: the page's language must be known before anything, the chat included, looks.
   What was asked for in the address, else the first of the browser's languages that the shop has. */
const SHOP_LANGUAGE = (() => {
  const asked = new URLSearchParams(location.search).get("lang");
  const wished = [asked ?? "", ...navigator.languages].map((tag) => tag.toLowerCase().split("-")[0]);
  return wished.find((tag) => Object.hasOwn(SHOP_TEXTS, tag)) ?? "en";
})();
document.documentElement.lang = SHOP_LANGUAGE;
document.documentElement.dir = SHOP_LANGUAGE === "ar" ? "rtl" : "ltr";
