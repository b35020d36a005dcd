import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface MenuProps {
  /** What the button says to a screen reader, where it is not what the button shows. */
  label?: string;
  button: ComponentChildren;
  buttonClass: string;
  /** On which edge of the button the panel is aligned. */
  align?: 'start' | 'end';
  children: (close: () => void) => ComponentChildren;
}

/** A button and the panel it opens. Escape, a click elsewhere and leaving with Tab close it. */
export function Menu({ label, button, buttonClass, align = 'start', children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [open]);

  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  const keys = (event: KeyboardEvent) => {
    if (!open) return;
    if (event.key === 'Escape') close();
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      move(root.current, event.key === 'ArrowDown' ? 1 : -1);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="menu" ref={root} onKeyDown={keys}>
      <button
        type="button"
        class={buttonClass}
        ref={opener}
        aria-label={label}
        aria-haspopup="true"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      {open ? <div class={`menu__panel menu__panel--${align}`}>{children(close)}</div> : null}
    </div>
  );
}

function move(root: HTMLElement | null, by: 1 | -1): void {
  const items = [
    ...(root?.querySelectorAll<HTMLElement>('.menu__panel button, .menu__panel input') ?? []),
  ];
  const place = items.indexOf(document.activeElement as HTMLElement);
  const next = items[(place + by + items.length) % items.length];
  next?.focus();
}
