import { Card, SegmentedControl, Stack, Switch, Text, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { LanguageSelect } from '../shell/language-select.tsx';
import { choosePreference, usePreferences } from '../shell/preferences.ts';
import { useSession } from '../shell/session.ts';
import { PageBody, Section } from '../ui/page.tsx';
import classes from './settings.module.css';

export function SettingsPage(): ReactNode {
  const { t } = useWords();
  const session = useSession();
  return (
    <PageBody title={t('nav.settings')}>
      <Section title={t('settings.appearance')} about={t('settings.appearance.about')}>
        <Card padding={0}>
          <Appearance />
        </Card>
      </Section>
      <Text size="xs" c="dimmed">
        {t('settings.version', { version: session.data?.version ?? '' })}
      </Text>
    </PageBody>
  );
}

interface LineProps {
  readonly label: string;
  readonly about: string;
  readonly children: ReactNode;
}

/** One setting: what it is at the left, its value at the right. */
function Line({ label, about, children }: LineProps): ReactNode {
  return (
    <div className={classes['line']}>
      <Stack gap={2}>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <Text size="sm" c="dimmed">
          {about}
        </Text>
      </Stack>
      {children}
    </div>
  );
}

function Appearance(): ReactNode {
  const { t } = useWords();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { zone, shortcuts } = usePreferences();
  return (
    <>
      <Line label={t('scheme.title')} about={t('scheme.about')}>
        <SegmentedControl
          aria-label={t('scheme.title')}
          value={colorScheme}
          onChange={(value) => setColorScheme(value)}
          data={(['light', 'dark', 'auto'] as const).map((value) => ({
            value,
            label: t(`scheme.${value}`),
          }))}
        />
      </Line>
      <Line label={t('language.title')} about={t('language.about')}>
        <LanguageSelect label={t('language.title')} size="sm" />
      </Line>
      <Line label={t('zone.title')} about={t('zone.about')}>
        <SegmentedControl
          aria-label={t('zone.title')}
          value={zone}
          onChange={(value) => choosePreference({ zone: value })}
          data={(['local', 'utc'] as const).map((value) => ({ value, label: t(`zone.${value}`) }))}
        />
      </Line>
      <Line label={t('shortcuts.title')} about={t('shortcuts.about')}>
        <Switch
          aria-label={t('shortcuts.title')}
          checked={shortcuts}
          onChange={(event) => choosePreference({ shortcuts: event.currentTarget.checked })}
        />
      </Line>
    </>
  );
}
