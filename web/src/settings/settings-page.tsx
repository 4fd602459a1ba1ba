import {
  Card,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  useMantineColorScheme,
} from '@mantine/core';
import type { ReactNode } from 'react';
import { PERIOD_PRESETS } from '../../../contract/api/preferences-api.ts';
import { useWords } from '../language/language.ts';
import { LanguageSelect } from '../shell/language-select.tsx';
import { DEFAULT_PRESET } from '../shell/period.ts';
import { usePreferences } from '../shell/preferences.ts';
import { useSession } from '../shell/session.ts';
import { useQuietly, useTheme } from '../shell/theme-choice.ts';
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
  const { colorScheme } = useMantineColorScheme();
  const chooseTheme = useTheme();
  const choose = useQuietly();
  const { zone, shortcuts, period } = usePreferences();
  return (
    <>
      <Line label={t('scheme.title')} about={t('scheme.about')}>
        <SegmentedControl
          aria-label={t('scheme.title')}
          value={colorScheme}
          onChange={(value) => chooseTheme(value)}
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
        <Select
          aria-label={t('zone.title')}
          value={zone}
          onChange={(value) => choose({ zone: value })}
          data={[{ value: 'local', label: t('zone.local') }, ...zones(zone)]}
          nothingFoundMessage={t('palette.nothing')}
          searchable
          w={220}
        />
      </Line>
      <Line label={t('period.title')} about={t('period.about')}>
        <Select
          aria-label={t('period.title')}
          value={period ?? DEFAULT_PRESET}
          onChange={(value) =>
            choose({ period: PERIOD_PRESETS.find((known) => known === value) ?? null })
          }
          data={PERIOD_PRESETS.map((value) => ({ value, label: t(`period.${value}`) }))}
          w={220}
        />
      </Line>
      <Line label={t('shortcuts.title')} about={t('shortcuts.about')}>
        <Switch
          aria-label={t('shortcuts.title')}
          checked={shortcuts}
          onChange={(event) => choose({ shortcuts: event.currentTarget.checked })}
        />
      </Line>
    </>
  );
}

/** UTC first, which some browsers leave out of their list. */
function zones(chosen: string): readonly string[] {
  const known = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);
  if (chosen !== 'local') known.add(chosen);
  return [...known];
}
