/** The look: a neutral slate, one accent, small type with even figures, and space in steps of four pixels. */
import { createTheme, type MantineColorsTuple } from '@mantine/core';

const slate: MantineColorsTuple = [
  '#f7f8fa',
  '#f1f3f6',
  '#e6e9ee',
  '#d6dae2',
  '#b9c0cc',
  '#8d96a6',
  '#596275',
  '#434b5b',
  '#2b313d',
  '#171b24',
];

const night: MantineColorsTuple = [
  '#e8ebf0',
  '#c5cbd6',
  '#a0a8b8',
  '#7a8394',
  '#3a4352',
  '#252b35',
  '#1a1f27',
  '#12151b',
  '#0d1015',
  '#090b0f',
];

const iris: MantineColorsTuple = [
  '#f0f2ff',
  '#e1e6ff',
  '#c4cdfd',
  '#a3b1fb',
  '#8494f7',
  '#6b7cf0',
  '#5867e3',
  '#4a58d0',
  '#4350cf',
  '#333da0',
];

const SANS =
  'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "PingFang SC", "Microsoft YaHei", sans-serif';

export const MONOSPACE =
  'ui-monospace, "SF Mono", "JetBrains Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace';

/** In the dark scheme, what lies over the page would have the page's own colour, and no edge. */
const OVER_THE_PAGE = {
  content: { background: 'var(--tk-surface)', border: '1px solid var(--tk-line)' },
  header: { background: 'var(--tk-surface)' },
};

const SMALL = { defaultProps: { size: 'sm' } };

export const theme = createTheme({
  fontFamily: SANS,
  fontFamilyMonospace: MONOSPACE,
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '18px' },
  lineHeights: { xs: '1.35', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.4' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '16px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  headings: {
    fontFamily: SANS,
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '28px' },
      h2: { fontSize: '15px', lineHeight: '24px' },
      h3: { fontSize: '14px', lineHeight: '20px' },
    },
  },
  colors: { gray: slate, dark: night, iris },
  primaryColor: 'iris',
  primaryShade: { light: 8, dark: 8 },
  black: '#171b24',
  // Plain objects and not the components' own `extend`: the theme would load every component that it names.
  components: {
    Button: { defaultProps: { size: 'sm', fw: 500 } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    Badge: { defaultProps: { variant: 'light', radius: 'sm', tt: 'none', fw: 500 } },
    Card: {
      defaultProps: { withBorder: true, radius: 'md', padding: 'md' },
      styles: { root: { background: 'var(--tk-surface)', borderColor: 'var(--tk-line)' } },
    },
    Menu: { defaultProps: { shadow: 'md', radius: 'md', position: 'bottom-end' } },
    Modal: {
      defaultProps: { radius: 'md', centered: true, overlayProps: { backgroundOpacity: 0.4 } },
      styles: { ...OVER_THE_PAGE, title: { lineHeight: 1.4 } },
    },
    Drawer: { styles: OVER_THE_PAGE },
    NumberInput: SMALL,
    PasswordInput: SMALL,
    SegmentedControl: { defaultProps: { size: 'xs', withItemsBorders: false } },
    Select: { defaultProps: { size: 'sm', allowDeselect: false } },
    Table: { defaultProps: { verticalSpacing: 8, horizontalSpacing: 12 } },
    Textarea: SMALL,
    TextInput: SMALL,
    Tooltip: {
      defaultProps: { openDelay: 250, events: { hover: true, focus: true, touch: true } },
    },
  },
});
