/** Filters behind a button; what is chosen stands beside it and is taken off there. */
import { CloseButton, Popover, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFilter } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { ToolButton } from '../tool-button.tsx';
import classes from './filter-menu.module.css';

export function FilterMenu(props: {
  readonly label: string;
  readonly children: ReactNode;
}): ReactNode {
  const [isOpen, popover] = useDisclosure(false);
  return (
    <Popover opened={isOpen} onChange={popover.toggle} position="bottom-start" trapFocus>
      <Popover.Target>
        <ToolButton icon={IconFilter} onClick={popover.toggle} aria-expanded={isOpen}>
          {props.label}
        </ToolButton>
      </Popover.Target>
      <Popover.Dropdown p={12}>
        <Stack gap={8} w={260}>
          {props.children}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

interface FilterChipProps {
  readonly name: string;
  readonly value: string;
  /** What taking it off is called, for those who do not see the cross. */
  readonly offLabel: string;
  readonly off: () => void;
}

export function FilterChip({ name, value, offLabel, off }: FilterChipProps): ReactNode {
  return (
    <span className={classes['chip']}>
      <span className={classes['name']}>{name}</span>
      <span className={classes['value']} title={value}>
        {value}
      </span>
      <CloseButton size={18} iconSize={12} onClick={off} aria-label={offLabel} />
    </span>
  );
}
