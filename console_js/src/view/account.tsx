import { setAvailability, setSound, setTheme, showDialog } from '../actions';
import { signOut } from '../session';
import { type Theme, store } from '../state';
import { useStore } from '../store';
import { availabilityName, t } from '../texts';
import type { Availability } from '../wire';
import { Icon } from './icons';
import { Menu } from './menu';
import { Face, LanguageTag } from './parts';

const choices: readonly Availability[] = ['online', 'away', 'offline'];
const themes: readonly Theme[] = ['system', 'light', 'dark'];

/** The head of the sidebar: who is signed in, whether they can be reached, who else is there. */
export function Account() {
  const me = useStore(store, (state) => state.me);
  if (!me) return null;
  return (
    <div class="account">
      <Menu
        buttonClass="account__who"
        button={
          <>
            <Face id={me.id} name={me.name} />
            <span class="account__name">{me.name}</span>
            <span class="hidden">: {t.menu.label}</span>
            <Icon name="more" />
          </>
        }
      >
        {(close) => <Settings close={close} />}
      </Menu>
      <AvailabilityMenu />
    </div>
  );
}

function AvailabilityMenu() {
  const availability = useStore(store, (state) => state.availability);
  return (
    <Menu
      label={`${t.availability.label}: ${availabilityName(availability)}`}
      align="end"
      buttonClass="chip-button"
      button={
        <>
          <span class={`presence presence--${availability}`} aria-hidden="true" />
          {availabilityName(availability)}
          <Icon name="more" />
        </>
      }
    >
      {(close) => (
        <>
          <p class="menu__heading">{t.availability.label}</p>
          {choices.map((one) => (
            <button
              key={one}
              type="button"
              class="menu__item"
              aria-pressed={one === availability}
              onClick={() => {
                void setAvailability(one);
                close();
              }}
            >
              <span class={`presence presence--${one}`} aria-hidden="true" />
              <span class="menu__words">
                {availabilityName(one)}
                <small>{t.availability.hint[one]}</small>
              </span>
              {one === availability ? <Icon name="check" /> : null}
            </button>
          ))}
          <hr class="menu__rule" />
          <Colleagues />
        </>
      )}
    </Menu>
  );
}

function Colleagues() {
  const colleagues = useStore(store, (state) => state.colleagues);
  const me = useStore(store, (state) => state.me?.id);
  const others = colleagues.filter((one) => one.id !== me);
  return (
    <>
      <p class="menu__heading">{t.colleagues}</p>
      {others.length === 0 ? <p class="menu__note">{t.noColleagues}</p> : null}
      <ul class="people">
        {others.map((one) => (
          <li key={one.id} class="people__one">
            <span class={`presence presence--${one.availability}`} aria-hidden="true" />
            <span class="people__name">{one.name}</span>
            <span class="hidden">{availabilityName(one.availability)}</span>
            {one.languages.map((tag) => (
              <LanguageTag key={tag} tag={tag} />
            ))}
          </li>
        ))}
      </ul>
    </>
  );
}

function Settings({ close }: { close: () => void }) {
  const me = useStore(store, (state) => state.me);
  const sound = useStore(store, (state) => state.sound);
  const theme = useStore(store, (state) => state.theme);
  const unsent = useStore(store, (state) =>
    state.outbox.some((item) => item.state === 'queued' || item.state === 'sending'),
  );
  if (!me) return null;
  const leave = () => {
    if (!unsent || window.confirm(t.menu.unsent)) void signOut();
  };
  return (
    <>
      <div class="menu__about">
        <strong>{me.name}</strong>
        <small>{me.email}</small>
        <small>{t.menu.reads(me.languages[0] ?? 'en')}</small>
      </div>
      <hr class="menu__rule" />
      <label class="menu__item">
        <span class="menu__words">{t.menu.sound}</span>
        <input
          class="switch"
          type="checkbox"
          role="switch"
          checked={sound}
          onChange={(event) => setSound(event.currentTarget.checked)}
        />
      </label>
      <div class="menu__row" role="group" aria-label={t.menu.theme}>
        <span class="menu__words">{t.menu.theme}</span>
        <span class="segments">
          {themes.map((one) => (
            <button
              key={one}
              type="button"
              class="segments__one"
              aria-pressed={one === theme}
              onClick={() => setTheme(one)}
            >
              {t.menu.themes[one]}
            </button>
          ))}
        </span>
      </div>
      <button
        type="button"
        class="menu__item menu__item--desk"
        onClick={() => {
          close();
          showDialog({ kind: 'shortcuts' });
        }}
      >
        <span class="menu__words">{t.menu.shortcuts}</span>
        <kbd>?</kbd>
      </button>
      <hr class="menu__rule" />
      <button type="button" class="menu__item" onClick={leave}>
        <span class="menu__words">{t.menu.signOut}</span>
      </button>
    </>
  );
}
