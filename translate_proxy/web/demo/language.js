/* Runs in the head: the page's language must be known before anything, the chat included, looks. */
const SHOP_LANGUAGE = (() => {
  const asked = new URLSearchParams(location.search).get("lang");
  return asked !== null && Object.hasOwn(SHOP_TEXTS, asked) ? asked : "en";
})();
document.documentElement.lang = SHOP_LANGUAGE;
document.documentElement.dir = SHOP_LANGUAGE === "ar" ? "rtl" : "ltr";
