/** The launcher's name before the chat's texts are loaded. */
const LABELS: Readonly<Record<string, string>> = {
  ar: "فتح المحادثة",
  bg: "Отваряне на чата",
  cs: "Otevřít chat",
  da: "Åbn chat",
  de: "Chat öffnen",
  el: "Άνοιγμα συνομιλίας",
  en: "Open chat",
  es: "Abrir el chat",
  et: "Ava vestlus",
  fi: "Avaa keskustelu",
  fr: "Ouvrir le chat",
  ga: "Oscail an comhrá",
  hr: "Otvori razgovor",
  hu: "Csevegés megnyitása",
  it: "Apri la chat",
  lt: "Atidaryti pokalbį",
  lv: "Atvērt tērzēšanu",
  mt: "Iftaħ iċ-chat",
  nb: "Åpne chat",
  nl: "Chat openen",
  pl: "Otwórz czat",
  pt: "Abrir conversa",
  ro: "Deschide chatul",
  ru: "Открыть чат",
  sk: "Otvoriť čet",
  sl: "Odpri klepet",
  sv: "Öppna chatten",
  tr: "Sohbeti aç",
  uk: "Відкрити чат",
};

/** The first subtag that there are texts for, following the usual aliases. */
export function primaryLanguage(tag: string): string {
  const primary = tag.toLowerCase().split(/[-_]/)[0] ?? "";
  return primary === "no" || primary === "nn" ? "nb" : primary;
}

export function openLabel(locale: string): string {
  return LABELS[primaryLanguage(locale)] ?? "Open chat";
}
