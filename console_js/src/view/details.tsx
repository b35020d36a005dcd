import type { ComponentChildren } from 'preact';
import { toggleDetails } from '../actions';
import { cartLines, fullTime, languageName, timeOfDay } from '../format';
import { placeOf } from '../links';
import { plainName, visitorName } from '../log/select';
import type { Conversation } from '../log/state';
import { store } from '../state';
import { useStore } from '../store';
import { t } from '../texts';
import { Icon } from './icons';
import { Face, IconButton } from './parts';

/** As many earlier pages as there is room for. */
const EARLIER = 5;

/** Who the visitor is, as far as the shop's page and they themselves have told. */
export function Details({ conversation }: { conversation: Conversation }) {
  const { visitor, language, pinned, opened_at } = conversation;
  const site = useStore(
    store,
    (state) => state.sites.find((one) => one.key === conversation.site)?.name ?? conversation.site,
  );
  const visit = useStore(store, (state) => state.visits[conversation.conversation_id]);
  const page = visit?.page ?? visitor.page;
  const earlier = (visit?.pages ?? []).slice(-EARLIER).reverse();
  const cart = cartLines(visit?.cart ?? null);
  const name = visitorName(visitor);
  return (
    <aside class="details" aria-label={t.details.heading}>
      <header class="details__head">
        <h2>{t.details.heading}</h2>
        <IconButton icon="close" label={t.details.close} onClick={toggleDetails} />
      </header>
      <div class="details__who">
        <Face id={visitor.id} name={plainName(visitor.name)} />
        <div>
          <p class="details__name" dir="auto">
            {name}
          </p>
          {visitor.verified ? (
            <p class="details__verified">
              <Icon name="shield" />
              {t.conversation.verified}
            </p>
          ) : null}
        </div>
      </div>
      <dl class="facts">
        <Fact label={t.details.email}>{visitor.email ?? t.details.anonymous}</Fact>
        <Fact label={t.details.language}>
          {language ? languageName(language) : t.language.unknown}
          {pinned ? ` (${t.language.source.pinned})` : ''}
        </Fact>
        {visitor.locale ? (
          <Fact label={t.details.locale}>{languageName(visitor.locale)}</Fact>
        ) : null}
        {page?.url ? (
          <Fact label={t.visit.page[visit?.here ?? 'gone']}>
            <PageLink url={page.url} title={page.title} />
          </Fact>
        ) : null}
        {earlier.length > 0 ? (
          <Fact label={t.visit.before}>
            <ol class="facts__pages">
              {earlier.map((one) => (
                <li key={one.at}>
                  <time dateTime={one.at}>{timeOfDay(one.at)}</time>
                  <PageLink url={one.url} title={undefined} />
                </li>
              ))}
            </ol>
          </Fact>
        ) : null}
        {cart.length > 0 ? (
          <Fact label={t.visit.cart}>
            <ul>
              {cart.map((line) => (
                <li key={line} dir="auto">
                  {line}
                </li>
              ))}
            </ul>
          </Fact>
        ) : null}
        <Fact label={t.details.shop}>{site}</Fact>
        <Fact label={t.details.began}>{fullTime(opened_at)}</Fact>
        <Fact label={t.details.id}>
          <code>{visitor.id}</code>
        </Fact>
      </dl>
    </aside>
  );
}

function Fact({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="facts__one">
      <dt>{label}</dt>
      <dd dir="auto">{children}</dd>
    </div>
  );
}

/** Where the visitor is. Address and title come from their browser: what can be pressed says where it
 * leads, and the title, which anybody may choose, stands beneath as text. */
function PageLink({ url, title }: { url: string; title: string | undefined }) {
  const place = placeOf(url);
  return (
    <>
      {place === null ? (
        <bdi>{url}</bdi>
      ) : (
        <a class="facts__link" href={url} target="_blank" rel="noopener noreferrer" dir="ltr">
          {place}
        </a>
      )}
      {title ? (
        <small class="facts__title" dir="auto">
          {title}
        </small>
      ) : null}
    </>
  );
}
