import { Text } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import type { z } from 'zod';
import type { requestStory } from '../../../contract/api/requests-api.ts';

export type RequestStory = z.output<typeof requestStory>;

interface PartProps {
  readonly title: string;
  readonly children: ReactNode;
}

/** A part of the story under a heading. */
export function Part({ title, children }: PartProps): ReactNode {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <Text id={id} component="h3" size="sm" fw={600} mb={8}>
        {title}
      </Text>
      {children}
    </section>
  );
}
