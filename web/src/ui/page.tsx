import { Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface PageProps {
  readonly title: string;
  /** One line: what is this page for. */
  readonly about?: ReactNode;
  /** What can be done here; the most important stands last. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page's head with its name and actions, and its body below. */
export function PageBody({ title, about, actions, children }: PageProps): ReactNode {
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end" gap="sm">
        <div>
          <Title order={1}>{title}</Title>
          {about !== undefined && (
            <Text c="dimmed" size="sm" mt={2}>
              {about}
            </Text>
          )}
        </div>
        {actions !== undefined && (
          <Group gap="xs" className="tk-screen">
            {actions}
          </Group>
        )}
      </Group>
      {children}
    </Stack>
  );
}

interface SectionProps {
  readonly title: string;
  readonly about?: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a page with a heading of its own. */
export function Section({ title, about, aside, children }: SectionProps): ReactNode {
  return (
    <section>
      <Group justify="space-between" align="flex-end" mb="xs" gap="xs">
        <div>
          <Title order={2}>{title}</Title>
          {about !== undefined && (
            <Text c="dimmed" size="sm">
              {about}
            </Text>
          )}
        </div>
        {aside}
      </Group>
      {children}
    </section>
  );
}
