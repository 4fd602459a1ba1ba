import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../../language/language.ts';
import { FIRST_PAGE, useUrlState } from '../../shell/url-state.ts';

interface FilterProps {
  /** In the address. */
  readonly name: string;
  readonly label: string;
  /** What stands there while nothing is chosen. */
  readonly any: string;
  readonly data: readonly { readonly value: string; readonly label: string }[];
  /** Of longer words. */
  readonly isWide?: boolean;
}

/** As high as the buttons beside it. */
const HIGH = { input: { height: 32, minHeight: 32 } };

/** So many choices are found faster by writing. */
const SEARCHED_FROM = 10;

/** One filter above a table; its first choice is to have none. */
export function FilterSelect({ name, label, any, data, isWide }: FilterProps): ReactNode {
  const { t } = useWords();
  const [url, change] = useUrlState();
  return (
    <Select
      size="xs"
      styles={HIGH}
      aria-label={label}
      value={url[name] ?? ''}
      data={[{ value: '', label: any }, ...data]}
      onChange={(chosen) => change({ ...FIRST_PAGE, [name]: chosen })}
      searchable={data.length > SEARCHED_FROM}
      nothingFoundMessage={t('palette.nothing')}
      w={{ base: 'auto', sm: isWide === true ? 200 : 160 }}
      flex={{ base: '1 1 130px', sm: 'none' }}
    />
  );
}
