import { Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import classes from './code-block.module.css';
import { CopyButton } from './copy-button.tsx';

interface CodeProps {
  readonly code: string;
  readonly label: string;
  /** For what must be seen whole, such as a secret; code keeps its lines and scrolls. */
  readonly wraps?: boolean;
}

/** Text to be taken away as it is. */
export function CodeBlock({ code, label, wraps = false }: CodeProps): ReactNode {
  const { t } = useWords();
  return (
    <div className={classes['block']}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse. */}
      <pre className={classes['text']} data-wraps={wraps || undefined} tabIndex={0}>
        {code}
      </pre>
      <div className={classes['copy']}>
        <CopyButton value={code} label={t('action.copy.what', { what: label })} />
      </div>
    </div>
  );
}

export interface Snippet {
  readonly id: string;
  readonly label: string;
  readonly code: string;
}

/** The same thing in several languages of programs, one at a time. */
export function Snippets({ snippets }: { readonly snippets: readonly Snippet[] }): ReactNode {
  return (
    <Tabs defaultValue={snippets[0]?.id ?? null} variant="default">
      <Tabs.List mb={8} className={classes['tabs']}>
        {snippets.map(({ id, label }) => (
          <Tabs.Tab key={id} value={id} px={8} py={6}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {snippets.map(({ id, label, code }) => (
        <Tabs.Panel key={id} value={id}>
          <CodeBlock code={code} label={label} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
