import { Menu } from '@mantine/core';
import {
  IconBraces,
  IconDownload,
  IconFileTypeCsv,
  IconJson,
  IconTerminal2,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useWords } from '../../language/language.ts';
import { copyText } from '../clipboard.ts';
import { curlOf } from '../curl.tsx';
import { tellNews } from '../notices.ts';
import { ToolButton } from '../tool-button.tsx';

interface ExportProps {
  /** The address of the call with the filters that are seen; `format` is added for files. */
  readonly address: string;
  readonly formats?: readonly (keyof typeof ICONS)[];
}

const ICONS = { csv: IconFileTypeCsv, json: IconJson, jsonl: IconBraces } as const;

function withFormat(address: string, format: string): string {
  return `${address}${address.includes('?') ? '&' : '?'}format=${format}`;
}

/** Exactly what is shown, as a file or as the question that gives it. */
export function ExportMenu({ address, formats = ['csv', 'json'] }: ExportProps): ReactNode {
  const { t } = useWords();
  const copy = async (): Promise<void> => {
    if (await copyText(curlOf(address)))
      tellNews(`${t('action.copied')}. ${t('export.curl.token')}`);
  };
  return (
    <Menu width={190}>
      <Menu.Target>
        <ToolButton icon={IconDownload}>{t('export.title')}</ToolButton>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map((format) => {
          const Icon = ICONS[format];
          return (
            <Menu.Item
              key={format}
              component="a"
              href={withFormat(address, format)}
              download
              leftSection={<Icon size={16} stroke={1.6} />}
            >
              {t(`export.${format}`)}
            </Menu.Item>
          );
        })}
        <Menu.Item
          leftSection={<IconTerminal2 size={16} stroke={1.6} />}
          onClick={() => void copy()}
        >
          {t('export.curl')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
