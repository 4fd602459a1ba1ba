import { Button, Center } from '@mantine/core';
import { IconMapQuestion } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { Empty } from '../ui/states.tsx';
import { useTitle } from './title.ts';

export function NotFoundPage(): ReactNode {
  const { t } = useWords();
  useTitle(t('lost.title'));
  return (
    <Center component="main" mih="100dvh">
      <Empty
        isPage
        icon={IconMapQuestion}
        title={t('lost.title')}
        text={t('lost.text')}
        action={
          <Button component={Link} to="/" mt={4}>
            {t('lost.action')}
          </Button>
        }
      />
    </Center>
  );
}
