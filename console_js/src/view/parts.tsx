/** Small pieces that several screens share. */
import type { ComponentChildren } from 'preact';
import { initials, languageName, tint } from '../format';
import { t } from '../texts';
import { Icon, type IconName } from './icons';

export function Mark() {
  return (
    <p class="mark">
      <span class="mark__sign" aria-hidden="true">
        <Icon name="chat" />
      </span>
      <span class="mark__name">{t.product}</span>
    </p>
  );
}

/** Initials on a tint of one's own; a figure for somebody without a name. */
export function Face({ id, name }: { id: string; name: string | null }) {
  return (
    <span class={`face face--${tint(id)}`} aria-hidden="true">
      {name ? initials(name) : <Icon name="person" />}
    </span>
  );
}

/** A tag such as `pt`; its name is the tooltip and what a screen reader says. */
export function LanguageTag({ tag }: { tag: string }) {
  return (
    <abbr class="tag" title={languageName(tag)}>
      {tag}
    </abbr>
  );
}

interface IconButtonProps {
  icon: IconName;
  label: string;
  onClick: () => void;
  class?: string;
  pressed?: boolean;
}

export function IconButton({ icon, label, onClick, class: given, pressed }: IconButtonProps) {
  return (
    <button
      type="button"
      class={`icon-button ${given ?? ''}`}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

export function Empty({
  icon,
  heading,
  children,
}: {
  icon: IconName;
  heading: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <span class="empty__icon" aria-hidden="true">
        <Icon name={icon} />
      </span>
      <p class="empty__heading">{heading}</p>
      {children ? <p class="empty__text">{children}</p> : null}
    </div>
  );
}
