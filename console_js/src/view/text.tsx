import { pieces } from '../links';

interface TextProps {
  text: string;
  lang: string | null | undefined;
}

/** What somebody wrote, as text, with its links to press. */
export function Text({ text, lang }: TextProps) {
  return (
    <p class="message__text" lang={lang ?? undefined} dir="auto">
      <Linked text={text} />
    </p>
  );
}

/** The same for where there is a paragraph already. */
export function Linked({ text }: { text: string }) {
  return (
    <>
      {pieces(text).map(({ text: piece, href }, place) =>
        href === null ? (
          piece
        ) : (
          <a
            key={place}
            class="message__link"
            href={href}
            title={href}
            target="_blank"
            rel="noopener noreferrer"
            dir="ltr"
          >
            {piece}
          </a>
        ),
      )}
    </>
  );
}
