import { SegmentedControl, Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { type UrlChange, useUrlState } from '../shell/url-state.ts';
import {
  groupsOf,
  metricsOf,
  type Question,
  SOURCES,
  stepsOf,
  TOPS,
  viewsOf,
  WHOLE,
} from './question.ts';
import classes from './stats.module.css';

interface ControlsProps {
  readonly question: Question;
  readonly isOperator: boolean;
  /** Which requests are meant. */
  readonly children: ReactNode;
}

/** What is asked: the measure, what it is split by, in which steps and how it is drawn. */
export function Controls({ question, isOperator, children }: ControlsProps): ReactNode {
  const { t } = useWords();
  const [, change] = useUrlState();
  const period = usePeriod();
  const { source, group, subgroup, metric, bucket, top, view } = question;
  const groups = groupsOf(source, isOperator);
  const ask = (asked: UrlChange): void => change(asked);
  return (
    <div className={classes['controls']}>
      <Choice
        label={t('stats.measure')}
        value={metric}
        data={metricsOf(source).map((one) => [one, t(`stats.metric.${one}`)])}
        onChange={(value) => ask({ metric: value })}
      />
      <Choice
        label={t('stats.group')}
        value={group ?? WHOLE}
        data={[[WHOLE, t('stats.whole')], ...groups.map((one) => [one, t(`by.${one}`)] as const)]}
        onChange={(value) => ask({ group: value, subgroup: value === WHOLE ? null : subgroup })}
      />
      <Choice
        label={t('stats.subgroup')}
        value={subgroup ?? WHOLE}
        isDisabled={group === null}
        data={[
          [WHOLE, t('stats.whole')],
          ...groups.filter((one) => one !== group).map((one) => [one, t(`by.${one}`)] as const),
        ]}
        onChange={(value) => ask({ subgroup: value === WHOLE ? null : value })}
      />
      <Choice
        label={t('stats.step')}
        value={bucket}
        data={stepsOf(source, period).map((one) => [one, t(`stats.step.${one}`)])}
        onChange={(value) => ask({ bucket: value })}
      />
      <Choice
        label={t('stats.top')}
        value={String(top)}
        isDisabled={group === null}
        data={TOPS.map((one) => [String(one), t('stats.top.count', { count: one })])}
        onChange={(value) => ask({ top: value })}
      />
      <div className={classes['switches']}>
        <SegmentedControl
          aria-label={t('stats.source')}
          value={source}
          onChange={(value) => ask({ source: value === 'gateway' ? null : value })}
          data={SOURCES.map((one) => ({ value: one, label: t(`sides.${one}`) }))}
        />
        {children}
        <SegmentedControl
          aria-label={t('stats.view')}
          value={view}
          disabled={bucket === 'none'}
          onChange={(value) => ask({ view: value })}
          data={viewsOf(metric).map((one) => ({ value: one, label: t(`stats.view.${one}`) }))}
        />
      </div>
    </div>
  );
}

function Choice(props: {
  readonly label: string;
  readonly value: string;
  readonly data: readonly (readonly [value: string, label: string])[];
  readonly isDisabled?: boolean;
  readonly onChange: (value: string) => void;
}): ReactNode {
  const { label, value, data, isDisabled, onChange } = props;
  return (
    <Select
      size="xs"
      label={label}
      value={value}
      data={data.map(([one, text]) => ({ value: one, label: text }))}
      disabled={isDisabled === true}
      onChange={(chosen) => chosen !== null && onChange(chosen)}
      maxDropdownHeight={420}
    />
  );
}
