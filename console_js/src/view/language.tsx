import { pin } from '../actions';
import { languageName } from '../format';
import type { Conversation } from '../log/state';
import { store } from '../state';
import { useStore } from '../store';
import { t } from '../texts';
import { Icon } from './icons';
import { Menu } from './menu';
import { LanguageTag } from './parts';

/** What the visitor is believed to speak and how sure that is; opens the choice of another. */
export function LanguageMenu({ conversation }: { conversation: Conversation }) {
  const { conversation_id: id, language, pinned, site } = conversation;
  const belief = useStore(store, (state) => state.log.timelines[id]?.belief ?? null);
  const languages = useStore(
    store,
    (state) => state.sites.find((one) => one.key === site)?.languages,
  );
  const closed = conversation.status === 'closed';
  const name = language ? languageName(language) : t.language.unknown;
  const source = pinned ? 'pinned' : belief?.source;
  const sure = belief && source === 'detected' ? t.language.confidence(belief.confidence) : null;
  return (
    <Menu
      align="end"
      buttonClass={`chip-button chip-button--language ${doubtful(belief) ? 'chip-button--doubt' : ''}`}
      button={
        <>
          <span class="hidden">{t.language.label} </span>
          <Icon name={pinned ? 'pin' : 'globe'} />
          <span class="chip-button__name">{name}</span>
          {language ? <span class="chip-button__tag">{language}</span> : null}
          {sure ? <span class="chip-button__sure">{sure}</span> : null}
          <span class="hidden">. {t.language.change}</span>
          <Icon name="more" />
        </>
      }
    >
      {(close) => (
        <>
          <p class="menu__heading">{t.language.menu}</p>
          {source ? (
            <p class="menu__note">
              {name}: {t.language.source[source]}
              {sure ? `, ${sure}` : ''}
            </p>
          ) : null}
          <div class="menu__scroll">
            {pinned && !closed ? (
              <button
                type="button"
                class="menu__item"
                onClick={() => {
                  close();
                  void pin(id, null);
                }}
              >
                <span class="menu__words">{t.language.detect}</span>
                <Icon name="undo" />
              </button>
            ) : null}
            {(languages ?? []).map((tag) => (
              <button
                key={tag}
                type="button"
                class="menu__item"
                aria-pressed={tag === (pinned ?? language)}
                disabled={closed}
                onClick={() => {
                  close();
                  void pin(id, tag);
                }}
              >
                <span class="menu__words">{languageName(tag)}</span>
                <LanguageTag tag={tag} />
                {tag === pinned ? <Icon name="pin" /> : null}
                {tag === language && !pinned ? <Icon name="check" /> : null}
              </button>
            ))}
          </div>
          <p class="menu__note">{t.language.hint}</p>
        </>
      )}
    </Menu>
  );
}

function doubtful(belief: { confidence: number; source: string } | null): boolean {
  return belief !== null && belief.source !== 'pinned' && belief.confidence < 0.6;
}
