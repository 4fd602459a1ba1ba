/**
 * Prints in the light scheme whatever the screen shows: browsers leave backgrounds out, and pale text would stand on
 * white paper.
 */
export function printLight(): void {
  const { dataset } = document.documentElement;
  let onScreen: string | undefined;
  window.addEventListener('beforeprint', () => {
    onScreen = dataset['mantineColorScheme'];
    dataset['mantineColorScheme'] = 'light';
  });
  window.addEventListener('afterprint', () => {
    if (onScreen !== undefined) dataset['mantineColorScheme'] = onScreen;
  });
}
