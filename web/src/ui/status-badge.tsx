import { Badge } from '@mantine/core';
import {
  type Icon,
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** How good a state is. The colour only repeats what sign and word say. */
export type Tone = 'good' | 'warn' | 'bad' | 'quiet';

const LOOKS: Readonly<Record<Tone, { readonly icon: Icon; readonly color: string }>> = {
  good: { icon: IconCircleCheck, color: 'var(--tk-good)' },
  warn: { icon: IconAlertTriangle, color: 'var(--tk-warn)' },
  bad: { icon: IconCircleX, color: 'var(--tk-bad)' },
  quiet: { icon: IconCircleDashed, color: 'var(--tk-text-soft)' },
};

export function StatusBadge({
  tone,
  label,
}: {
  readonly tone: Tone;
  readonly label: string;
}): ReactNode {
  const { icon: Icon, color } = LOOKS[tone];
  return (
    <Badge
      variant="default"
      size="md"
      miw="max-content"
      data-tone={tone}
      style={{ verticalAlign: 'middle' }}
      leftSection={<Icon size={14} stroke={1.9} color={color} aria-hidden="true" />}
    >
      {label}
    </Badge>
  );
}
