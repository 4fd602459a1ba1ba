import { ActionIcon, Button, Group, Popover, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCalendar, IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { PERIOD_PRESETS } from '../../../contract/api/preferences-api.ts';
import { useWords } from '../language/language.ts';
import { daysText } from '../ui/figures.ts';
import { ToolButton } from '../ui/tool-button.tsx';
import { dayOf, type Period, periodOf, stepped } from './period.ts';
import { preferencesNow, usePreferences } from './preferences.ts';
import { type UrlState, useUrlState } from './url-state.ts';

/** The period that the address names. */
export function usePeriod(): Period {
  const [state] = useUrlState();
  const { period } = usePreferences();
  return periodOf(state, Date.now(), period ?? undefined);
}

/** The same, outside of a component. */
export function periodNow(state: UrlState): Period {
  return periodOf(state, Date.now(), preferencesNow().period ?? undefined);
}

export function PeriodPicker(): ReactNode {
  const { t } = useWords();
  const [, change] = useUrlState();
  const period = usePeriod();
  const [isOpen, popover] = useDisclosure(false);
  const next = stepped(period, 1, Date.now());
  const label =
    period.preset === null
      ? daysText(period.start, period.end, dayOf(Date.now()))
      : t(`period.${period.preset}`);
  const { period: usual } = usePreferences();
  const step = (direction: -1 | 1): void => {
    const to = stepped(period, direction, Date.now());
    if (to === null) return;
    // Back at where one began, it is the same period again: one that goes on tomorrow.
    const rolling = periodOf({}, Date.now(), usual ?? undefined);
    const isThere = rolling.start === to.start && rolling.end === to.end;
    change(isThere ? { start: null, end: null, period: null } : to, { isStep: true });
  };
  return (
    <Group gap={4} wrap="nowrap">
      <ActionIcon
        size={32}
        className="tk-screen"
        onClick={() => step(-1)}
        aria-label={t('period.earlier')}
      >
        <IconChevronLeft size={18} stroke={1.6} />
      </ActionIcon>
      <Popover
        opened={isOpen}
        onChange={popover.toggle}
        position="bottom-end"
        shadow="md"
        trapFocus
      >
        <Popover.Target>
          <ToolButton icon={IconCalendar} onClick={popover.toggle} aria-expanded={isOpen}>
            {label}
          </ToolButton>
        </Popover.Target>
        <Popover.Dropdown p={8}>
          <Choices period={period} close={popover.close} />
        </Popover.Dropdown>
      </Popover>
      <ActionIcon
        size={32}
        className="tk-screen"
        disabled={next === null}
        onClick={() => step(1)}
        aria-label={t('period.later')}
      >
        <IconChevronRight size={18} stroke={1.6} />
      </ActionIcon>
    </Group>
  );
}

function Choices(props: { readonly period: Period; readonly close: () => void }): ReactNode {
  const { period, close } = props;
  const { t } = useWords();
  const [, change] = useUrlState();
  const [start, setStart] = useState(period.start);
  const [end, setEnd] = useState(period.end);
  const today = dayOf(Date.now());
  const choose = (event: FormEvent): void => {
    event.preventDefault();
    if (start === '' || end === '' || start > end) return;
    change({ start, end, period: null }, { isStep: true });
    close();
  };
  return (
    <Group align="stretch" gap={12} wrap="wrap">
      <Stack gap={2}>
        {PERIOD_PRESETS.map((preset) => (
          <Button
            key={preset}
            variant={period.preset === preset ? 'light' : 'subtle'}
            color={period.preset === preset ? 'iris' : 'gray'}
            size="compact-sm"
            justify="flex-start"
            onClick={() => {
              change({ period: preset, start: null, end: null }, { isStep: true });
              close();
            }}
          >
            {t(`period.${preset}`)}
          </Button>
        ))}
      </Stack>
      <form onSubmit={choose}>
        <Stack gap={8} w={170}>
          <TextInput
            type="date"
            label={t('period.from')}
            value={start}
            max={end}
            onChange={(event) => setStart(event.currentTarget.value)}
          />
          <TextInput
            type="date"
            label={t('period.to')}
            value={end}
            min={start}
            max={today}
            onChange={(event) => setEnd(event.currentTarget.value)}
          />
          <Button type="submit" disabled={start === '' || end === '' || start > end}>
            {t('period.show')}
          </Button>
        </Stack>
      </form>
    </Group>
  );
}
