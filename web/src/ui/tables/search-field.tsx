import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useRouter } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { FIRST_PAGE, type UrlChange, useUrlState } from '../../shell/url-state.ts';
import classes from './search-field.module.css';

/** How long somebody may pause while writing before the list is asked. */
const PAUSE_MS = 350;

interface SearchProps {
  readonly label: string;
  /** What else changes in the address with what is looked for. */
  readonly also?: (q: string) => UrlChange;
}

/** Looks for something in a list; it stands in the address as `q`. */
export function SearchField({ label, also }: SearchProps): ReactNode {
  const [url, change] = useUrlState();
  const inAddress = url['q'] ?? '';
  const [text, setText] = useState(inAddress);
  const asked = useRef(inAddress);
  useEffect(() => {
    // The address changed by another hand than this field: by going back, or by taking filters off.
    if (inAddress !== asked.current) setText(inAddress);
    asked.current = inAddress;
  }, [inAddress]);
  const router = useRouter();
  const [path] = useState(router.latestLocation.pathname);
  const ask = useDebouncedCallback((said: string) => {
    // Somebody has left, and this page is only seen until the next one is there: it has no say in that one's address.
    if (router.latestLocation.pathname !== path) return;
    const q = said.trim();
    asked.current = q;
    change({ ...FIRST_PAGE, q, ...also?.(q) });
  }, PAUSE_MS);
  return (
    <TextInput
      className={classes['search']}
      size="xs"
      leftSection={<IconSearch size={15} stroke={1.6} />}
      placeholder={label}
      aria-label={label}
      data-shortcut="/"
      spellCheck={false}
      maxLength={100}
      value={text}
      onChange={({ currentTarget: { value } }) => {
        setText(value);
        ask(value);
      }}
    />
  );
}
